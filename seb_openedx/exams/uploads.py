"""Files that staff upload: read, judged, and shown without being stored. Contract: contract/seb-exams#upload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seb_openedx import conf
from seb_openedx.exam_models import SebExamConfiguration, UploadPolicy
from seb_openedx.exams.setup_validation import Refusal, SetupError
from seb_openedx.protocol import (
    Finding,
    Level,
    SebFile,
    Settings,
    Value,
    adapt,
    compute_config_key,
    decode,
    exam_quit_url,
    exam_start_url,
    lint_settings,
    summarize,
)
from seb_openedx.protocol.errors import FileError, UnsupportedValue
from seb_openedx.protocol.texts import Text as _


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is, and what would become of it.

    ``config_key``: of what learners would get; empty where some value keeps clients from agreeing on one (``findings``
    says which), and for an exam that has no row yet, whose addresses are made when it is saved.
    ``served_encrypted``: of what learners would get. All others are of the file that was sent; ``settings_summary``
    says of passwords only whether there are any.
    """

    config_key: str
    format: str
    encrypted: bool
    served_encrypted: bool
    originator: str
    settings_summary: Mapping[str, Any]
    findings: tuple[Finding, ...]


def inspect(
    data: bytes,
    *,
    password: str | None = None,
    policy: str = UploadPolicy.PRESERVE,
    row: SebExamConfiguration | None = None,
    origin: str = "",
) -> Inspection:
    """Return what a file is. Stores nothing, writes no log.

    ``policy``: an ``UploadPolicy``. With ``adapt`` the Config Key is that of the file for the exam of ``row``, with the
    addresses of the origin that the row was made with, else of ``origin``. Without a row it is that of the file itself.

    The size is limited by ``SEB_FILE_MAX_BYTES`` before, and by eight times as much after decompression. Raises
    ``protocol.errors.FileError``, whose ``code`` says why the file cannot be read, and ``SetupError`` for a policy that
    does not exist.
    """
    if policy not in UploadPolicy.values:
        raise SetupError(
            Refusal.INVALID, {"upload_policy": _("must be one of: %(choices)s", choices=", ".join(UploadPolicy.values))}
        )
    file = _decoded(data, password)
    adapted = policy == UploadPolicy.ADAPT
    settings: Settings | None = file.settings
    if adapted and row is not None:
        settings = None if row.pk is None else adapted_to(row, file.settings, origin=row.origin or origin)
    return Inspection(
        config_key="" if settings is None else _config_key(settings),
        format=str(file.format),
        encrypted=file.encrypted,
        served_encrypted=bool(row and row.encrypt_password_cipher) if adapted else file.encrypted,
        originator=file.originator,
        settings_summary=summarize(file.settings),
        findings=tuple(lint_settings(file.settings)),
    )


def read(data: bytes, password: str | None) -> SebFile:
    """Return an uploaded file. Raises ``SetupError`` at the field that the mistake concerns."""
    try:
        return _decoded(data, password)
    except FileError as error:
        where = "upload_password" if error.code in ("password_required", "wrong_password") else "upload"
        raise SetupError(Refusal.INVALID, {where: str(error)}, file_code=error.code) from error


def stored(xml: str) -> Settings:
    """Return the settings of a file that was stored by this app; of any size, because it was limited before.

    Raises ``protocol.errors.FileError`` for a damaged one.
    """
    data = xml.encode("utf-8", "surrogatepass")
    return decode(data, max_bytes=len(data)).settings


def refuse_errors(settings: Mapping[str, Value], *, field: str = "upload") -> None:
    """Raise ``SetupError`` at ``field`` for settings of which some client computes another key."""
    found = [finding for finding in lint_settings(settings) if finding.level is Level.ERROR]
    if found:
        text = _.joined(_("%(key)s: %(message)s", key=finding.key, message=finding.message) for finding in found)
        raise SetupError(Refusal.INVALID, {field: text})


def adapted_to(row: SebExamConfiguration, settings: Mapping[str, Value], *, origin: str) -> Settings:
    """Return the settings of a file with the addresses and the quit password of an exam."""
    return adapt(
        settings,
        start_url=exam_start_url(origin, row.public_id),
        quit_url=exam_quit_url(origin, row.quit_nonce),
        quit_password_hash=row.quit_password_hash,
    )


def _decoded(data: bytes, password: str | None) -> SebFile:
    return decode(data, password=password or None, max_bytes=conf.seb.file_max_bytes)


def _config_key(settings: Mapping[str, Value]) -> str:
    """Return the key; empty if clients do not agree on one."""
    if any(finding.level is Level.ERROR for finding in lint_settings(settings)):
        return ""
    try:
        return compute_config_key(settings)
    except UnsupportedValue:
        return ""
