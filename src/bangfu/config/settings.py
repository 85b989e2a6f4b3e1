"""Django's settings, from `environment.py`. Nothing else reads the environment.

What lower rooms may use: BANGFU_VAR (Path), BANGFU_KEY (str), BANGFU_DATABASE_URI (libpq URI
for ADBC), BANGFU_TILES (str), BANGFU_EMBEDDED (bool).
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from bangfu.config.environment import Environment
from bangfu.config.postgres import DATABASE, ROLE, EmbeddedServer

ENV = Environment.read()
ROOT = Path(__file__).resolve().parents[1]  # the package: src/bangfu, or where it is installed

# ours

BANGFU_VAR = ENV.var
BANGFU_KEY = ENV.secret()
BANGFU_TILES = ENV.tiles
BANGFU_SCAN = ENV.scan
BANGFU_EMBEDDED = not ENV.database_url
BANGFU_DATABASE_URI = ENV.database_url or EmbeddedServer(ENV.var / "pg").uri(DATABASE, ROLE)

# security

# A different secret for each use, so that a leaked session key does not open sealed fields.
SECRET_KEY = (
    hmac.new(BANGFU_KEY.encode(), b"django sessions", hashlib.sha256).hexdigest()
    if BANGFU_KEY
    else ""
)
DEBUG = ENV.debug
ALLOWED_HOSTS = list(ENV.hosts)
CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in ENV.hosts] if ENV.https else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600  # a working day on an office PC that others share
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.https else None
X_FRAME_OPTIONS = "DENY"

_TILE_HOST = "/".join(ENV.tiles.split("/")[:3]) if "://" in ENV.tiles else ""
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": f"'self' data: blob: {_TILE_HOST}".strip(),
    "connect-src": f"'self' {_TILE_HOST}".strip(),
    # Charts and the map set styles on their elements; no script may be inline.
    "style-src": "'self' 'unsafe-inline'",
    "script-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# parts

ROOMS = (
    "audit", "access", "jobs", "evidence", "registry", "findings", "procedures", "inspection",
    "documents", "collect", "web",
)  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "ninja",  # serves the API's documentation page from its own files, not from a CDN
    *(f"bangfu.{room}" for room in ROOMS),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bangfu.config.headers.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bangfu.web.language.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # A subject's templates lie in its folder: "households/templates/list.html".
        "DIRS": [ROOT / "web"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "bangfu.config.urls"
WSGI_APPLICATION = "bangfu.config.wsgi.application"
AUTH_USER_MODEL = "access.User"
CSRF_FAILURE_VIEW = "bangfu.web.http.csrf_failure"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# database


def _connection(uri: str) -> dict[str, Any]:
    """Django's form of a libpq URI; what Django has no word for goes to OPTIONS."""
    parts = dict(conninfo_to_dict(uri))
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    found = {ours: parts.pop(theirs, "") for theirs, ours in names.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **found,
        "PORT": parts.pop("port", ""),
        "OPTIONS": {"application_name": "bangfu", **parts},
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": True,  # one request, one transaction
    }


DATABASES = {"default": _connection(BANGFU_DATABASE_URI)}

# language and time

LANGUAGE_CODE = "zh-hans" if ENV.language == "zh" else "en"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# files

STATIC_URL = "/static/"
STATIC_ROOT = ENV.var / "static"
# `bangfu serve` collects the files; before that (tests) they are served where they stand.
_COLLECTED = (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not _COLLECTED
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ENV.var / "files"},
    },
    "staticfiles": {
        "BACKEND": "bangfu.config.static.CollectedStorage"
        if _COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# log

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["terminal"], "level": "WARNING"},
    "loggers": {
        "bangfu": {"level": ENV.log_level},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
