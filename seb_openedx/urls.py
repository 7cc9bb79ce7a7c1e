"""URLs of this app, below ``/seb-openedx/`` in the LMS. Contract: contract/safe-exam-browser#urls."""

from django.urls import include, path, re_path

from seb_openedx import views

urlpatterns = [
    re_path(r"^seb-info$", views.info_view, name="seb-info"),
    re_path(r"^dashboard/", include(("seb_openedx.dashboard.urls", "seb-dashboard"), namespace="seb-dashboard")),
    re_path(r"^api/", include(("seb_openedx.api.urls", "seb-api"), namespace="seb-api")),
    path("", include(("seb_openedx.exams.urls", "seb-exams"), namespace="seb-exams")),
]
