"""URLs as the LMS mounts them, which is what the OpenAPI documents describe."""

from django.urls import include, path

import test_urls

urlpatterns = [
    path("api/", include("edx_proctoring.urls", namespace="edx_proctoring")),
    path("seb-openedx/", include(("seb_openedx.urls", "seb_openedx"), namespace="seb-openedx")),
    *test_urls.urlpatterns[1:],
]
