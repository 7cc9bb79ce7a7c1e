"""URLs of the test suite, and those of Safe Exam Browser as the LMS mounts them."""

from django.urls import include, path

import test_urls

urlpatterns = [
    path("seb-openedx/", include(("seb_openedx.urls", "seb_openedx"), namespace="seb-openedx")),
    *test_urls.urlpatterns,
]
