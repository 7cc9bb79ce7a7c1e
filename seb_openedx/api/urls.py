"""Versions of the REST API."""

from django.urls import include, re_path

urlpatterns = [
    re_path(r"^v1/", include(("seb_openedx.api.v1.urls", "seb-api-v1"), namespace="seb-api-v1")),
    re_path(r"^v2/", include(("seb_openedx.api.v2.urls", "seb-api-v2"), namespace="seb-api-v2")),
]
