"""Templates, which exams of all courses share. Contract: contract/seb-rest#templates."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.parsers import BoundedJSONParser
from seb_openedx.api.v2 import seb_files
from seb_openedx.api.v2.base import GlobalStaff, StaffView, validated
from seb_openedx.api.v2.choices import ChoiceField
from seb_openedx.api.v2.exam_bodies import OptionsField, problem_of
from seb_openedx.api.v2.exam_versions import check_preconditions, etag
from seb_openedx.api.v2.idempotency import idempotent
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exam_models import SebConfigTemplate, TemplateKind
from seb_openedx.exams import templates, uploads
from seb_openedx.exams.setup_validation import SetupError
from seb_openedx.protocol import FileError, summarize

_MOST_ID: Final = 2**31 - 1
# Names of the service → fields of the body.
_FIELDS: Final = {"upload": "file", "upload_password": "password"}


class CommonBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    enabled = serializers.BooleanField(default=True)
    force = serializers.BooleanField(default=False)


class TemplateBody(CommonBody):
    """A template of options. One that was a file keeps it, unless options are sent."""

    kind = ChoiceField(TemplateKind.choices, default=TemplateKind.SETTINGS)
    settings = OptionsField(default=dict)


class TemplateFileBody(CommonBody, seb_files.FileBody):
    """A template from a file."""


class _TemplatesView(StaffView):
    permission_classes = [GlobalStaff]
    parser_classes = [BoundedJSONParser, MultiPartParser]

    def saved(self, request: Request, template: SebConfigTemplate) -> templates.Saved:
        """Save what is sent."""
        force, change = _sent(request)
        try:
            return templates.save(template, change, by=request.user.get_username(), force=force)
        except SetupError as error:
            raise problem_of(error, _FIELDS, TemplateBody) from error


class TemplatesView(_TemplatesView):
    """All templates."""

    is_list = True

    def get(self, request: Request) -> Response:
        """Return a page, by name."""
        return self.page_of(_rows().order_by("name", "pk"), _shown)

    @idempotent
    def post(self, request: Request) -> Response:
        """Make one."""
        saved = self.saved(request, SebConfigTemplate())
        return _answer(saved.template.pk, remade=0, status=201)


class TemplateView(_TemplatesView):
    """One template."""

    def get(self, request: Request, template_id: str) -> Response:
        """Return it."""
        return _answer(_id(template_id))

    @idempotent
    def put(self, request: Request, template_id: str) -> Response:
        """Replace it, and make the files of the exams that use it again."""
        template = _find(template_id)
        check_preconditions(request, template)
        saved = self.saved(request, template)
        return _answer(saved.template.pk, remade=saved.exams)

    @idempotent
    def delete(self, request: Request, template_id: str) -> Response:
        """Delete one that no exam uses."""
        with transaction.atomic():
            template = _find(template_id, SebConfigTemplate.objects.select_for_update())
            check_preconditions(request, template)
            try:
                templates.delete(template)
            except SetupError as error:
                raise problem_of(error) from error
        return Response(status=204)


def _sent(request: Request) -> tuple[bool, templates.TemplateChange]:
    """Return whether a change is forced, and the change."""
    if not isinstance(request.data, QueryDict):
        sent = validated(TemplateBody, request.data)
        return sent.pop("force"), templates.TemplateChange(**sent)
    sent = validated(TemplateFileBody, request.data)
    force, file = sent.pop("force"), sent.pop("file")
    return force, templates.TemplateChange(
        kind=TemplateKind.XML, upload=seb_files.bytes_of(file), upload_password=sent.pop("password"), **sent
    )


def _rows() -> "QuerySet[SebConfigTemplate]":
    return SebConfigTemplate.objects.defer("xml").annotate(number_of_exams=Count("exams"))


def _id(text: str) -> int:
    """Return the id in an address; 0, the id of no template, if it is not a number."""
    return int(text[:11]) if text.isascii() and text.isdigit() and int(text[:11]) <= _MOST_ID else 0


def _find(template_id: str, rows: "QuerySet[SebConfigTemplate] | None" = None) -> SebConfigTemplate:
    template = (SebConfigTemplate.objects.all() if rows is None else rows).filter(pk=_id(template_id)).first()
    if template is None:
        raise ProblemError("not_found")
    return template


def _answer(template_id: int, *, status: int = 200, **more: Any) -> Response:
    template = _rows().defer(None).filter(pk=template_id).first()
    if template is None:
        raise ProblemError("not_found")
    body = {**_shown(template), "settings_summary": _summary(template), **more}
    return Response(body, status=status, headers={"ETag": etag(template)})


def _shown(template: Any) -> dict[str, Any]:
    return {
        "id": template.pk,
        "name": template.name,
        "description": template.description,
        "enabled": template.enabled,
        "kind": template.kind,
        "settings": template.settings,
        "exams": template.number_of_exams,
        "created": template.created,
        "modified": template.modified,
        "modified_by": template.modified_by_username,
        "version": template.version,
    }


def _summary(template: SebConfigTemplate) -> Mapping[str, Any] | None:
    """Return what the file of a template says; None without one, and for one that is damaged."""
    if template.kind != TemplateKind.XML:
        return None
    try:
        return summarize(uploads.stored(template.xml))
    except FileError:
        return None
