"""A small shop: what `django-admin startproject` gives, less what it does not use."""

import os
import secrets
from pathlib import Path

DATA = Path(os.environ["EXAMPLE_DATA"])
SECRET_KEY = os.environ.get("EXAMPLE_SECRET_KEY") or secrets.token_urlsafe(50)
# On this machine only, as `start` serves it.
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "twinlock.django.SecondFactor",
]
TWINLOCK = {"url": os.environ["TWINLOCK_URL"], "api_key": os.environ["TWINLOCK_API_KEY"]}

ROOT_URLCONF = "shop.urls"
STATIC_URL = "static/"
LOGIN_URL = "log-in"
LOGIN_REDIRECT_URL = "home"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
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
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "shop.db"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
