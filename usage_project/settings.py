"""Settings, from the environment or a git-ignored .env beside manage.py (README, "Settings")."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from usage_project.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
environment = Environment(str(BASE_DIR / ".env"))

# Without DEBUG=1 it is production.
DEBUG: bool = environment.read("bool", "DEBUG", False)
SECRET_KEY = environment.secret_key(is_production=not DEBUG)
ALLOWED_HOSTS = environment.hosts(is_production=not DEBUG)
CSRF_TRUSTED_ORIGINS: list[str] = environment.origins("CSRF_TRUSTED_ORIGINS")

# The mode (spec §1): standalone owns the dt_* tables; adopted uses those of another application.
ADOPTED: bool = environment.read("bool", "ADOPTED", False)
USER_LABEL_COLUMN = environment.column("USER_LABEL_COLUMN")
JOB_LABEL_COLUMN = environment.column("JOB_LABEL_COLUMN")
USER_GROUP_COLUMN = environment.column("USER_GROUP_COLUMN")
JOB_STATUS_COLUMN = environment.column("JOB_STATUS_COLUMN", besides=("id", JOB_LABEL_COLUMN))
JOB_EXTRA_COLUMNS = environment.columns(
    "JOB_EXTRA_COLUMNS", besides=("id", JOB_LABEL_COLUMN, JOB_STATUS_COLUMN)
)
if not ADOPTED:
    for name in (
        "USER_LABEL_COLUMN",
        "JOB_LABEL_COLUMN",
        "USER_GROUP_COLUMN",
        "JOB_STATUS_COLUMN",
        "JOB_EXTRA_COLUMNS",
    ):
        if globals()[name]:
            raise ImproperlyConfigured(f"{name} is for adopted mode: set ADOPTED=1 or unset it.")

# Time (spec §1): days are days of TIME_ZONE, columns are naive in DATABASE_TIME_ZONE.
USE_TZ = True
TIME_ZONE = environment.zone("TIME_ZONE")
DATABASE_TIME_ZONE = environment.zone("DATABASE_TIME_ZONE")

MYSQL_OPTIONS: dict[str, Any] = {
    "charset": "utf8mb4",
    "isolation_level": "read committed",
    # Strict mode, so that no value is cut or clamped in silence. Safe updates would refuse changes
    # of rows that no index leads to.
    "init_command": (
        "SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', sql_safe_updates = 0"
        # A page of the list reads an index in its order, and stops; a skip scan would read another
        # index to the end. MariaDB, which has none, passes over the comment.
        " /*!80013 , optimizer_switch = 'skip_scan=off' */"
        # A TIMESTAMP is read and written in the session's zone.
        + (", time_zone = '+00:00'" if DATABASE_TIME_ZONE == "UTC" else "")
    ),
}
SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    # In a deferred transaction, the first write would fail at once instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
}
database = environment.database(f"sqlite:///{BASE_DIR / 'usage_ledger.sqlite3'}")
on_sqlite = database["ENGINE"].endswith("sqlite3")
DATABASES = {
    "default": {
        **database,
        "TIME_ZONE": DATABASE_TIME_ZONE,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **(SQLITE_OPTIONS if on_sqlite else MYSQL_OPTIONS),
            **database.get("OPTIONS", {}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": environment.cache("CACHE_URL", "locmem://")}

# Mail, and where the links in it lead. Without EMAIL_URL no mail is sent.
mail = environment.mail("EMAIL_URL", "console://" if DEBUG else "dummy://")
globals().update(mail)
MAIL_IS_SET_UP = not mail["EMAIL_BACKEND"].endswith("dummy.EmailBackend")
DEFAULT_FROM_EMAIL: str = environment.read("str", "DEFAULT_FROM_EMAIL", "usage-ledger@localhost")
SITE_URL = environment.site(
    "SITE_URL", "http://localhost:8000" if DEBUG else f"https://{ALLOWED_HOSTS[0]}"
)
# True: notices go to webhooks in private networks, too.
WEBHOOK_PRIVATE: bool = environment.read("bool", "WEBHOOK_PRIVATE", False)

INSTALLED_APPS = [
    # Before the admin: it overrides admin/base_site.html.
    "stats",
    "usage_project.apps.UsageAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "stats.ops.middleware.RequestIdMiddleware",
    "stats.ops.middleware.ObserveMiddleware",
    # Before WhiteNoise, so that static files get these headers too.
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "stats.ops.middleware.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stats.ops.middleware.LimitMiddleware",
    "stats.ops.middleware.ReadOnlyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "usage_project.urls"
WSGI_APPLICATION = "usage_project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "stats.accounts.backends.PermissionsBackend",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}", "OPTIONS": options}
    for validator, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
CSRF_FAILURE_VIEW = "stats.ops.failing.csrf_failure"
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
# Failed logins lock the pair of an account and an address (docs/decisions/0004-login-lockout.md).
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "stats.accounts.lockout.LoginHandler"
AXES_USERNAME_CALLABLE = "stats.accounts.lockout.account_of"
AXES_LOCKOUT_CALLABLE = "stats.accounts.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "stats.accounts.lockout.network_of"
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# The log names account and address; an unknown name is already a hash.
AXES_SENSITIVE_PARAMETERS: list[str] = []
AXES_DISABLE_ACCESS_LOG = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hant", _("Traditional Chinese"))]
USE_THOUSAND_SEPARATOR = False
FORMAT_MODULE_PATH = ["stats.core.formats"]
# The second has Django's words for its users, who are accounts here.
LOCALE_PATHS = [BASE_DIR / "stats" / "locale", BASE_DIR / "usage_project" / "django_words"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Sent over HTTPS only; 0 sends none.
SECURE_HSTS_SECONDS: int = environment.at_least("HSTS_SECONDS", 0, default=365 * 24 * 60 * 60)
# The number of proxies before the server: so many entries at the end of X-Forwarded-For count.
# Above 0, X-Forwarded-Proto counts too.
TRUSTED_PROXIES: int = environment.at_least("TRUSTED_PROXIES", 0, default=0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
# 12 hours after the login.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    # Browsers accept these names only from this host and over HTTPS.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"

# One line per request, from ObserveMiddleware. Those of Django and gunicorn are off.
LOG_FORMAT = environment.one_of("LOG_FORMAT", ("text", "json"), "text" if DEBUG else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "stats.ops.logs.AddRequestId"},
        "has_traceback": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: bool(record.exc_info),
        },
        "no_traceback_of_refusals": {"()": "stats.ops.logs.DropTracebackOfRefusals"},
    },
    "formatters": {
        "text": {"()": "stats.ops.logs.TextLines"},
        "json": {"()": "stats.ops.logs.JsonLines"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "no_traceback_of_refusals"],
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "stats": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR", "filters": ["has_traceback"]},
        "django.server": {"handlers": [], "level": "CRITICAL"},
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
    },
}

# A fold takes ids that are this old: by then, transactions with earlier ids should have committed.
FOLD_MARGIN_SECONDS = 5
# Folded calls are recounted this long. It must exceed the other application's longest transaction.
FOLD_RECOUNT_MINUTES = 60

# The most calls that a report reads one by one; beyond it, a page shows "—".
MOST_CALLS_READ = 50_000
# Database seconds of a GET, and the part of them for a page's figures. The rest is for the page
# that says it took too long.
REQUEST_SECONDS, PAGE_SECONDS = 10, 8

# True: recorded calls get `{id}` for each id in the path of their endpoint.
NORMALIZE_ENDPOINTS: bool = environment.read("bool", "NORMALIZE_ENDPOINTS", False)

# How long the answer to a POST with an Idempotency-Key is kept (see `purge_idempotency_keys`).
IDEMPOTENCY_KEEP_HOURS: int = environment.at_least("IDEMPOTENCY_KEEP_HOURS", 72, default=72)
# Requests a minute of an API key without a rate of its own.
API_RATE: int = environment.at_least("API_RATE", 1, default=6_000)

# The largest body of a POST (spec §5); beyond it, the API answers 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "stats.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["stats.api.permissions.MayReadOrRecord"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "stats.api.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Usage Ledger",
    "DESCRIPTION": "Record calls to LLM APIs and read exact statistics about them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVERS": [{"url": "/"}],
    "TAGS": [
        {"name": "calls", "description": "Record calls, and list them."},
        {"name": "people", "description": "Users and jobs that calls belong to; standalone only."},
        {"name": "statistics", "description": "Exact sums over calls."},
        {"name": "budgets", "description": "What may be spent, and what is left."},
    ],
    "POSTPROCESSING_HOOKS": ["stats.api.schema.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

SILENCED_SYSTEM_CHECKS = [
    # SQLite has no comments on tables and columns.
    "fields.W163",
    "models.W046",
    # HSTS for subdomains and preloading are for the owner of the domain to decide.
    "security.W005",
    "security.W021",
    # The proxy redirects HTTP to HTTPS (docs/deploy/). Here a redirect would break probes and
    # services on the same machine.
    "security.W008",
    # InnoDB keys hold 768 utf8mb4 characters since MariaDB 10.2 and MySQL 5.7.
    "mysql.W003",
]
