"""What the host's own pages ask of the app: the outline of the course, and the page of the exam's sequence."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse

from edx_proctoring import api


def host_page(_request: HttpRequest, **_arguments: str) -> HttpResponse:
    """Answer an empty page; learners of a spike do not follow links out of the exam."""
    return HttpResponse()


@login_required
def outline(request: HttpRequest) -> HttpResponse:
    """Answer the line about the exam in the outline."""
    summary = api.get_attempt_status_summary(request.user.pk, request.GET["course_id"], request.GET["content_id"])
    return JsonResponse({"summary": summary})


@login_required
def entrance(request: HttpRequest) -> HttpResponse:
    """Answer the page of the app in front of the exam; empty if the exam itself is to be shown."""
    page = api.get_student_view(
        user_id=request.user.pk,
        course_id=request.GET["course_id"],
        content_id=request.GET["content_id"],
        context={"display_name": "Exam", "default_time_limit_mins": 90, "due_date": None},
    )
    return HttpResponse(page or "")
