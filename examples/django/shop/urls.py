"""The addresses of the shop."""

from django.contrib import admin
from django.urls import path
from twinlock.django import returned

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("log-in", views.log_in, name="log-in"),
    path("log-out", views.log_out, name="log-out"),
    path("admin/", admin.site.urls),
    path("second-factor", returned),
]
