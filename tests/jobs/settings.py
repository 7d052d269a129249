"""The portal with a job of the tests, for processes of their own."""

from aims.settings import *  # noqa: F403
from aims.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.effects"]
