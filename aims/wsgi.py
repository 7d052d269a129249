"""WSGI entry point for granian and other servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")
application = get_wsgi_application()

# What was loaded by now stays; the collector need not look through it again and again.
gc.collect()
gc.freeze()
