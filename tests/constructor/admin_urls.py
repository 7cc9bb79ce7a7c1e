"""URLs of a host with Django admin."""

from django.contrib import admin
from django.urls import path

from test_urls import urlpatterns as host_patterns

urlpatterns = [path("admin/", admin.site.urls), *host_patterns]
