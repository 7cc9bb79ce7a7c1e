"""URLs below ``edx_proctoring/constructor/v1/``. Included by ``edx_proctoring.urls`` where this app is installed."""

from django.urls import path, re_path

from edx_proctoring.constructor.views import guard, learner, staff, webhooks

app_name = "edx_proctoring_constructor"

# The ids that ``register_exam_attempt`` makes.
_SESSION = r"(?P<session_id>[0-9a-f]{32})"

urlpatterns = [
    re_path(rf"^launch/{_SESSION}/$", learner.launch, name="launch"),
    re_path(rf"^entry/{_SESSION}/$", learner.entry, name="entry"),
    re_path(rf"^entry/{_SESSION}/(?P<token>[\w.:-]+)/$", learner.entry, name="entry_with_token"),
    re_path(rf"^session/{_SESSION}/verify$", guard.verify, name="verify"),
    re_path(rf"^session/{_SESSION}/status$", guard.status, name="status"),
    re_path(rf"^finished/{_SESSION}/$", learner.finished, name="finished"),
    re_path(rf"^archive/{_SESSION}/$", staff.archive, name="archive"),
    path("exam/<int:exam_id>/settings", staff.ExamSettingsView.as_view(), name="exam_settings"),
    path("<str:backend>/webhooks/<str:kind>", webhooks.webhook, name="webhook"),
]
