"""A file that staff upload for an exam. Contract: contract/seb-rest#upload."""

from typing import Any, ClassVar, Final

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.v2 import filters, seb_files
from seb_openedx.api.v2.base import validated
from seb_openedx.api.v2.choices import ChoiceField
from seb_openedx.api.v2.exam_bodies import problem_of
from seb_openedx.api.v2.exam_lookup import CourseView, find_for_change, new_row
from seb_openedx.api.v2.exam_versions import check_preconditions, etag
from seb_openedx.api.v2.idempotency import idempotent
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exam_models import Mode, UploadPolicy
from seb_openedx.exams import setup, uploads
from seb_openedx.exams.addresses import origin_of
from seb_openedx.protocol.errors import FileError, InvalidSettings
from seb_openedx.translation import translated

# Names of the service → fields of the form.
_FIELDS: Final = {
    "upload": "file",
    "upload_password": "password",
    # Of a stored quit password that would not get into a file that is served unchanged.
    "quit_password": "policy",
    "mode": "",
    "start_url": "",
    "quit_url": "",
}


class UploadQuery(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(default=False)


class UploadBody(seb_files.FileBody):
    # Left out: as it was, at first ``adapt``.
    policy = ChoiceField(UploadPolicy.choices, required=False)
    force = serializers.BooleanField(default=False)


class ExamUploadView(CourseView):
    """Takes the file that learners get, or that theirs is made from."""

    parser_classes = [MultiPartParser]
    parameters: ClassVar[tuple[str, ...]] = filters.names(UploadQuery)

    @idempotent
    def post(self, request: Request, content_id: str, **kwargs: Any) -> Response:
        """Store the file, and return what it is; with ``dry_run`` only that."""
        course_key = self.course()
        _exam, stored = find_for_change(course_key, content_id)
        is_dry = filters.read(UploadQuery, request)["dry_run"]
        if not isinstance(request.data, QueryDict):
            raise ParseError
        sent = validated(UploadBody, request.data)
        check_preconditions(request, stored)
        row = stored or new_row(course_key, content_id)
        data, origin = seb_files.bytes_of(sent["file"]), origin_of(request)
        policy = sent.get("policy", row.upload_policy)
        try:
            found = uploads.inspect(data, password=sent["password"], policy=policy, row=row, origin=origin)
            if is_dry:
                return Response(seb_files.shown(found), headers={"ETag": etag(stored)})
            change = setup.Change(
                mode=Mode.UPLOAD,
                upload=data,
                upload_name=sent["file"].name,
                upload_password=sent["password"],
                upload_policy=policy,
            )
            saved = setup.save(row, change, origin=origin, by=request.user.get_username(), force=sent["force"])
        except FileError as error:
            raise seb_files.problem(error.code, translated(str(error))) from error
        except InvalidSettings as error:
            raise ProblemError(
                "validation_error", errors={"": [translated(text) for text in error.errors.values()]}
            ) from error
        except setup.SetupError as error:
            raise problem_of(error, _FIELDS) from error
        body = {**seb_files.shown(found), "config_key": saved.config_key}
        return Response(body, headers={"ETag": etag(saved)})
