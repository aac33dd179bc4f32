"""Settings of the TOM that `tom.sh` makes: those of the toolkit, SQLite, and one facility that needs nobody else."""

from pathlib import Path

from tom_common.default_settings import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "a-key-for-a-server-that-only-this-machine-reaches-0123456789"
SECRET_KEY_FALLBACKS = []
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
TOM_NAME = "loopback"
INSTALLED_APPS = TOMTOOLKIT_INSTALLED_APPS  # noqa: F405
MIDDLEWARE = TOMTOOLKIT_MIDDLEWARE  # noqa: F405
AUTHENTICATION_BACKENDS = TOMTOOLKIT_AUTHENTICATION_BACKENDS  # noqa: F405
SITE_ID = 1
ROOT_URLCONF = "loopback.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
CRISPY_TEMPLATE_PACK = "bootstrap5"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL, STATIC_ROOT = "/static/", BASE_DIR / "_static"
MEDIA_URL, MEDIA_ROOT = "/data/", BASE_DIR / "data"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
TARGET_TYPE = "SIDEREAL"
MATCH_MANAGERS = {}
FACILITIES = {}
TOM_FACILITY_CLASSES = ["loopback.facility.Loopback"]
DATA_PRODUCT_TYPES = {}
DATA_PROCESSORS = {}
EXTRA_FIELDS = []
GENERAL_SEARCH_FUNCTIONS = {}
SELECTION_EXTRA_FIELDS = []
AUTH_STRATEGY = "READ_ONLY"
OPEN_URLS = []
TARGET_PERMISSIONS_ONLY = True
TARGET_DEFAULT_PERMISSION = "PRIVATE"
TARGET_LIST_COLUMNS = ["name", "type"]
HOOKS = {}
AUTO_THUMBNAILS = False
HINTS_ENABLED = False
PLOTLY_THEME = "plotly_white"
SHOW_PAGINATION_INFO = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tom_common.accounts.api_auth.TomTokenAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
}
