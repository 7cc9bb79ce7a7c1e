"""The app, the bare flow, and the host's two pages around an exam."""

from django.urls import include, path

from bench.compare import urls as compare_urls
from bench.spike import views

urlpatterns = [
    path("bench/outline", views.outline),
    path("bench/entrance", views.entrance),
    # Pages of the host that the app links to.
    path("courses/<str:course_id>/progress", views.host_page, name="progress"),
    path("password_assistance", views.host_page, name="password_assistance"),
    path("", include(compare_urls)),
]
