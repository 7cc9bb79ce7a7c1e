"""Templates: settings that exams of many courses share. Contract: contract/seb-exams#templates."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from seb_openedx.exam_models import Mode, SebConfigTemplate, SebExamConfiguration, TemplateKind
from seb_openedx.exams import setup, uploads
from seb_openedx.exams.setup_validation import Refusal, SetupError, errors_in_settings, is_line
from seb_openedx.protocol import encode
from seb_openedx.protocol.texts import Text as _

log = logging.getLogger(__name__)

_LONGEST_NAME: Final = 255
_MOST_NAMED: Final = 20
_TAKEN: Final = _("another template has this name")


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What is to be saved. None: as it is.

    ``kind``: a ``TemplateKind``. ``settings``: options of ``protocol.settings`` without ``min_versions``.
    ``upload``: the bytes of a new file; ``upload_password``: what it is encrypted with, not kept.
    """

    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    kind: str | None = None
    settings: Mapping[str, Any] | None = None
    upload: bytes | None = field(default=None, repr=False)
    upload_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Saved:
    """A template that was saved, and how many exams have got another file by that."""

    template: SebConfigTemplate
    exams: int


def save(
    template: SebConfigTemplate,
    change: TemplateChange,
    *,
    by: str,
    force: bool = False,
    now: datetime | None = None,
) -> Saved:
    """Save a template, new or changed, and make the files of all exams that use it again.

    Locks: the template, then its exams. ``template.version`` is the version that the change was made from. ``by``:
    username of who saves. ``force``: also while learners are in one of the exams. The number of queries does not depend
    on the number of exams (up to 500).

    Raises ``SetupError``: ``invalid`` with a field of ``TemplateChange`` or an option, ``stale``, ``attempts_running``.
    """
    now = now or timezone.now()
    with transaction.atomic():
        stored = template
        if template.pk is not None:
            found = SebConfigTemplate.objects.select_for_update().filter(pk=template.pk).first()
            if found is None or found.version != template.version:
                raise SetupError(Refusal.STALE)
            stored = found
        planned = prepare(stored, change)
        planned.modified_by_username = by
        planned.version += 1
        try:
            with transaction.atomic():
                planned.save()
        except IntegrityError as error:
            raise SetupError(Refusal.INVALID, {"name": _TAKEN}) from error
        count = setup.remake(_exams(planned, locked=True), by=by, force=force, now=now)
    log.info("a template of Safe Exam Browser was saved: template_id=%s exams=%s", planned.pk, count)
    return Saved(planned, count)


def check(template: SebConfigTemplate, change: TemplateChange, *, force: bool = False) -> int:
    """Return how many exams would get another file. Changes nothing; ``template`` is changed. Raises as ``save``."""
    planned = prepare(template, change)
    return len(setup.plan_remake(_exams(planned), force=force))


def prepare(template: SebConfigTemplate, change: TemplateChange) -> SebConfigTemplate:
    """Return the template, changed, not saved; its exams are not looked at. Raises ``SetupError``."""
    errors = _errors_in(change)
    for name in ("name", "description", "enabled", "kind", "settings"):
        if name not in errors and (value := getattr(change, name)) is not None:
            setattr(template, name, value.strip() if name == "name" else value)
    if "name" not in errors:
        if not template.name:
            errors["name"] = _("give the template a name")
        elif SebConfigTemplate.objects.filter(name=template.name).exclude(pk=template.pk).exists():
            errors["name"] = _TAKEN
    if errors:
        raise SetupError(Refusal.INVALID, errors)
    if template.kind == TemplateKind.XML:
        _take_file(template, change)
    return template


def delete(template: SebConfigTemplate) -> None:
    """Delete a template. Raises ``SetupError`` with ``in_use`` that names exams which use it."""
    with transaction.atomic():
        # No exam can choose it meanwhile: that would lock it too.
        SebConfigTemplate.objects.select_for_update().filter(pk=template.pk).first()
        try:
            SebConfigTemplate.objects.filter(pk=template.pk).delete()
        except models.ProtectedError as error:
            rows = SebExamConfiguration.objects.filter(template=template).order_by("course_id", "content_id")
            exams = rows.values_list("course_id", "content_id")[:_MOST_NAMED]
            named = [(str(course_id), content_id) for course_id, content_id in exams]
            raise SetupError(Refusal.IN_USE, exams=named) from error
    log.info("a template of Safe Exam Browser was deleted: template_id=%s", template.pk)


def _errors_in(change: TemplateChange) -> dict[str, str]:
    # What callers send is not what the annotations say.
    name: Any = change.name
    description: Any = change.description
    enabled: Any = change.enabled
    errors: dict[str, str] = {}
    if name is not None and not (is_line(name, _LONGEST_NAME) and name.strip()):
        errors["name"] = _("must be a line of 1 to %(most)s characters", most=_LONGEST_NAME)
    if description is not None and not (
        isinstance(description, str) and all(line.isprintable() for line in description.splitlines())
    ):
        errors["description"] = _("must be a text without control characters")
    if enabled is not None and not isinstance(enabled, bool):
        errors["enabled"] = _("must be true or false")
    if change.kind is not None and change.kind not in TemplateKind.values:
        errors["kind"] = _("must be one of: %(choices)s", choices=", ".join(TemplateKind.values))
    return errors if change.settings is None else errors | errors_in_settings(change.settings)


def _take_file(template: SebConfigTemplate, change: TemplateChange) -> None:
    if change.upload is not None:
        file = uploads.read(change.upload, change.upload_password)
        uploads.refuse_errors(file.settings)
        template.xml = encode(file.settings).decode("utf-8")
    if not template.xml:
        raise SetupError(Refusal.INVALID, {"upload": _("choose the file that the exams are made from")})


def _exams(template: SebConfigTemplate, *, locked: bool = False) -> list[SebExamConfiguration]:
    """Return the exams whose files are made from a template."""
    if not template.pk:
        return []
    rows = SebExamConfiguration.objects.filter(template=template, mode=Mode.TEMPLATE).order_by("pk")
    found = list(rows.select_for_update() if locked else rows)
    for row in found:
        # As it is about to be saved, and read once.
        row.template = template
    return found
