"""URLs of exams with Safe Exam Browser, below ``/seb-openedx/`` in the LMS. Contract: contract/seb-exams#urls."""

from django.urls import path

from seb_openedx.exams import browser_check_views, views

urlpatterns = [
    path("config/<slug:public_id>/exam.seb", views.download, name="download"),
    path("config/<slug:public_id>/<str:token>/exam.seb", views.exam_file, name="file"),
    path("start/<slug:public_id>/", views.start, name="start"),
    path("start/<slug:public_id>/log-out/", views.log_out, name="log-out"),
    path("quit/<slug:quit_nonce>/", views.leave, name="quit"),
    path("verify/<slug:nonce>/", browser_check_views.verify, name="verify"),
    path("api/v2/verify", browser_check_views.verify_api, name="verify-api"),
]
