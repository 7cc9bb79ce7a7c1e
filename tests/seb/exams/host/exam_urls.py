"""The host's URLs, and those of special exams as the LMS mounts them."""

from django.urls import include, path
from host_urls import urlpatterns as host_urlpatterns

urlpatterns = [
    path("api/", include("edx_proctoring.urls", namespace="edx_proctoring")),
    *host_urlpatterns,
]
