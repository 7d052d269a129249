"""The portal with due dates of the tests and e-mails that can be held up, for processes of their own."""

from aims.settings import *  # noqa: F403
from aims.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.notifications.staging"]
EMAIL_BACKEND = "tests.notifications.staging.files.EmailBackend"
