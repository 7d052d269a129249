"""Settings of the portal, all from the environment; `docs/production.md` lists the variables."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from aims import environment

BASE_DIR = Path(__file__).resolve().parent.parent
AIMS_HOME = Path(environment.text("AIMS_HOME", str(BASE_DIR / "var")))
AIMS_POLICIES = Path(environment.text("AIMS_POLICIES", str(BASE_DIR / "policies")))
# Set by `make run`: on an empty portal, the first visitor makes the administrator's account.
AIMS_WELCOME = environment.flag("AIMS_WELCOME")

# The ledger: what signs checkpoints, under which name, and where they are published (`docs/verification.md`).
AIMS_LEDGER_KEY = environment.text("AIMS_LEDGER_KEY")
AIMS_LEDGER_NAME = environment.text("AIMS_LEDGER_NAME")
AIMS_LEDGER_FORMER_KEYS = environment.words("AIMS_LEDGER_FORMER_KEYS")
AIMS_CHECKPOINTS = environment.text("AIMS_CHECKPOINTS")
AIMS_CHECKPOINT_WEBHOOK = environment.text("AIMS_CHECKPOINT_WEBHOOK")

DEBUG = environment.flag("AIMS_DEBUG")
SECRET_KEY = environment.text("AIMS_SECRET_KEY") or environment.secret_kept_in(AIMS_HOME / "secret-key")

AIMS_URL = environment.text("AIMS_URL", "http://127.0.0.1:8000").rstrip("/")
_url = urlsplit(AIMS_URL)
ALLOWED_HOSTS = environment.words("AIMS_ALLOWED_HOSTS") or [
    _url.hostname or "127.0.0.1",
    "127.0.0.1",
    "localhost",
]
CSRF_TRUSTED_ORIGINS = [AIMS_URL]

INSTALLED_APPS = [
    "aims.portal",
    "audits",
    "assessments",
    "registry",
    "aims.controls",
    "aims.signoffs",
    "aims.policy",
    "aims.notifications",
    "aims.jobs",
    "aims.accounts",
    "aims.ledger",
    "allauth",
    "allauth.account",
    "guardian",
    "simple_history",
    "django_celery_beat",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "aims.portal.middleware.content_security_policy",
    "aims.portal.middleware.no_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "aims.portal.travel.TravelMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "aims.accounts.middleware.act_of_request",
]

ROOT_URLCONF = "aims.urls"
WSGI_APPLICATION = "aims.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aims.portal.context_processors.shell",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": dict(dj_database_url.parse(environment.text("DATABASE_URL")))
    if environment.text("DATABASE_URL")
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": AIMS_HOME / "db.sqlite3",
        "OPTIONS": {
            # A reader never waits for a writer, and a transaction that will write says so at once,
            # so that two writers queue instead of failing.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;"
            ),
        },
        # The guards are triggers: a database in a file behaves for tests as it does in use.
        "TEST": {"NAME": AIMS_HOME / "test.sqlite3"},
    }
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 8}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rate limits, and how far a long step has come. Without Redis each web process has its own: `serve` runs one.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": environment.text("REDIS_URL"),
    }
    if environment.text("REDIS_URL")
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- Jobs -------------------------------------------------------------------------------------------------

# The tables of aims.jobs are the truth, the broker only wakes. Without Redis each worker has its own.
CELERY_APPLICATION = "aims.celery.app"
CELERY_BROKER_URL = environment.text("REDIS_URL") or "memory://localhost/"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Redis may be away for as long as it likes
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # A task must be over before Redis takes its worker for dead and hands it out again.
    {"visibility_timeout": 2 * 60 * 60, "socket_timeout": 5, "socket_connect_timeout": 5}
    if environment.text("REDIS_URL")
    else {"polling_interval": 0.1}
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT, CELERY_TASK_SOFT_TIME_LIMIT = 60 * 60, 55 * 60  # seconds; see aims.jobs.runs.LIMIT
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # the lease in the table holds the run
CELERY_BEAT_SCHEDULER = "aims.jobs.beat:TableScheduler"
CELERY_TIMEZONE = environment.text("AIMS_TIME_ZONE", "UTC")
AIMS_JOB_LEASE = int(environment.text("AIMS_JOB_LEASE", "60"))

# --- People -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "aims.accounts.backends.RoleBackend",
    "registry.access.ExceptionBackend",
]
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001"  # ExceptionBackend stands in for guardian's own backend: its exceptions have an end date
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "aims.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _url.scheme

# --- Security ---------------------------------------------------------------------------------------------

SECURE_HTTPS = _url.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
if environment.flag("AIMS_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Else everybody would share the proxy's address, and with it the limit on failed logins.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
# The largest record in its form: 200 training and 200 retrieval sources, a dozen answers each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
# More than the import page takes, so that the page itself can say how many it takes.
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000

# --- Language and time ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = environment.text("AIMS_TIME_ZONE", "UTC")
USE_TZ = True

# --- Files ------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = AIMS_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("help", BASE_DIR / "docs" / "images")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- E-mail -----------------------------------------------------------------------------------------------

if environment.text("AIMS_EMAIL_HOST"):
    EMAIL_HOST = environment.text("AIMS_EMAIL_HOST")
    EMAIL_PORT = int(environment.text("AIMS_EMAIL_PORT", "587"))
    EMAIL_HOST_USER = environment.text("AIMS_EMAIL_USER")
    EMAIL_HOST_PASSWORD = environment.text("AIMS_EMAIL_PASSWORD")
    EMAIL_USE_TLS = environment.flag("AIMS_EMAIL_TLS", default=True)
else:
    EMAIL_BACKEND = "aims.notifications.files.EmailBackend"
    EMAIL_FILE_PATH = AIMS_HOME / "mail"
EMAIL_TIMEOUT = 10  # seconds: a page waits while invitations are sent
DEFAULT_FROM_EMAIL = environment.text("AIMS_EMAIL_FROM", "aims@localhost")

SIMPLE_HISTORY_REVERT_DISABLED = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("AIMS_LOG_LEVEL", "WARNING")},
}
