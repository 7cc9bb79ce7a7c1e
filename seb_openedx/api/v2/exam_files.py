"""What learners get for one exam: its file and the links into it. Contract: contract/seb-rest#preview."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.v2.exam_lookup import CourseView
from seb_openedx.api.v2.negotiation import AsItIs
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exam_models import Mode, SebExamConfiguration
from seb_openedx.exams import encryption, file_making, file_responses, launch, requirements


class _PreviewView(CourseView):
    def row(self) -> SebExamConfiguration:
        """Return the exam's row. Raises ``not_found`` where nothing is demanded."""
        content_id = self.kwargs["content_id"]
        rows = SebExamConfiguration.objects.filter(course_id=self.course()).exclude(mode=Mode.OFF)
        row = None if "\0" in content_id else rows.filter(content_id=content_id).first()
        if row is None:
            raise ProblemError("not_found")
        return row


class ExamFileView(_PreviewView):
    """The file as learners get it."""

    content_negotiation_class = AsItIs

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Return the file."""
        row = self.row()
        try:
            has_file = requirements.from_row(row).has_file
            answer = file_responses.response(row, with_body=request.method == "GET") if has_file else None
        except encryption.UnreadableError as error:
            raise ProblemError("password_unreadable") from error
        if answer is None:
            raise ProblemError("not_found")
        return answer


class ExamLaunchView(_PreviewView):
    """The links that learners get."""

    has_etag = False

    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the links of the caller. They log nobody in, so that one that is passed on gives nobody an account."""
        row = self.row()
        requirement = requirements.from_row(row)
        return Response(
            {
                "mode": requirement.mode,
                "launch_url": launch.launch_url(request, requirement, login=False),
                "config_url": launch.download_url(request, requirement),
                "start_url": file_making.start_address(row),
                "quit_url": launch.quit_url(requirement),
                "min_versions": dict(requirement.min_versions),
            }
        )
