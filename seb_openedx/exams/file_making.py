"""The file that learners get, made when an exam is saved. Contract: contract/seb-exams#setup."""

from collections.abc import Mapping
from typing import Any, Final

from seb_openedx import conf
from seb_openedx.exam_models import WITH_FILE, Mode, SebExamConfiguration, TemplateKind, UploadPolicy
from seb_openedx.exams import uploads
from seb_openedx.exams.setup_validation import Change, Refusal, SetupError
from seb_openedx.protocol import (
    Settings,
    adapt,
    compute_config_key,
    encode,
    exam_quit_url,
    exam_start_url,
    generate,
)
from seb_openedx.protocol.errors import FileError, InvalidSettings, UnsupportedValue
from seb_openedx.protocol.texts import Text as _

# A file without a name: that a row has one tells that its settings were uploaded.
_UNNAMED: Final = "exam.seb"
_NO_QUIT_PASSWORD: Final = _(
    "the file is served unchanged, so the quit password cannot be added to it; choose 'adapt', "
    "or remove the quit password here and set it in the file"
)
_NO_PASSWORD: Final = _(
    "the file is served unchanged, so the password cannot be added to it; choose 'adapt', "
    "or remove it here and encrypt the file before you upload it"
)


def make(row: SebExamConfiguration, change: Change) -> None:
    """Write the exam's file and Config Key into its row, which is not saved. Raises ``SetupError``."""
    try:
        if row.mode == Mode.MANUAL:
            _keep(row, _generated(row, _mapping(row.settings)))
        elif row.mode == Mode.TEMPLATE:
            _keep(row, _from_template(row))
        elif row.mode == Mode.UPLOAD and row.upload_policy == UploadPolicy.PRESERVE:
            _preserve(row, change)
        elif row.mode == Mode.UPLOAD:
            _adapt(row, change)
        else:
            _without_file(row, change)
    except InvalidSettings as error:
        raise SetupError(Refusal.INVALID, error.errors) from error
    except FileError as error:
        where = "template_id" if row.mode == Mode.TEMPLATE else "upload"
        text = _("the stored file is damaged, upload it again: %(reason)s", reason=str(error))
        raise SetupError(Refusal.INVALID, {where: text}) from error
    except UnsupportedValue as error:
        raise SetupError(Refusal.INVALID, {"upload": str(error)}) from error


def start_address(row: SebExamConfiguration) -> str:
    """Return the address with which the exam begins."""
    return exam_start_url(row.origin, row.public_id)


def has_addresses(row: SebExamConfiguration) -> bool:
    """Whether addresses of this host are written into the exam's file."""
    return row.mode in WITH_FILE and not (row.mode == Mode.UPLOAD and row.upload_policy == UploadPolicy.PRESERVE)


def _generated(row: SebExamConfiguration, options: Mapping[str, Any]) -> Settings:
    return generate({**options, "min_versions": _min_versions(row)}, **_of_exam(row))


def _from_template(row: SebExamConfiguration) -> Settings:
    template = row.template
    if template is None:
        raise SetupError(Refusal.INVALID, {"template_id": _("choose a template")})
    if template.kind != TemplateKind.XML:
        return _generated(row, {**_mapping(template.settings), **_mapping(row.settings)})
    options = dict(_mapping(row.settings))
    # What the file itself demands stays unless the exam demands something.
    if row.min_versions:
        options["min_versions"] = _min_versions(row)
    adapted = adapt(uploads.stored(template.xml), options, **_of_exam(row))
    uploads.refuse_errors(adapted, field="template_id")
    return adapted


def _of_exam(row: SebExamConfiguration) -> dict[str, Any]:
    """Return what is written into each file that this host makes for an exam."""
    return {
        "start_url": start_address(row),
        "quit_url": exam_quit_url(row.origin, row.quit_nonce),
        "quit_password_hash": row.quit_password_hash,
        "always_allow": conf.seb.filter_always_allow,
        "alliance_edition": conf.seb.allow_alliance_edition,
    }


def _min_versions(row: SebExamConfiguration) -> dict[str, Any]:
    return {**conf.seb.min_versions, **_mapping(row.min_versions)}


def _preserve(row: SebExamConfiguration, change: Change) -> None:
    refused = {}
    if row.quit_password_hash:
        refused["quit_password"] = _NO_QUIT_PASSWORD
    if row.encrypt_password_cipher:
        refused["encrypt_password"] = _NO_PASSWORD
    if refused:
        raise SetupError(Refusal.INVALID, refused)
    if change.upload is not None:
        file = uploads.read(change.upload, change.upload_password)
        uploads.refuse_errors(file.settings)
        row.source_name = change.upload_name or _UNNAMED
        row.served_bytes = change.upload
        row.config_key = file.config_key()
        row.config_xml = ""
    if not row.served_bytes:
        raise SetupError(Refusal.INVALID, {"upload": _("choose the file for learners")})


def _adapt(row: SebExamConfiguration, change: Change) -> None:
    source_name = row.source_name
    if change.upload is not None:
        settings = uploads.read(change.upload, change.upload_password).settings
        source_name = change.upload_name or _UNNAMED
    elif row.served_bytes or not row.source_name or not row.config_xml:
        # An encrypted file that was served unchanged cannot be adapted later: its password is not kept.
        text = _("choose the file again, so that it can be adapted to this exam")
        raise SetupError(Refusal.INVALID, {"upload": text})
    else:
        settings = uploads.stored(row.config_xml)
    if change.quit_password == "":
        settings = {name: value for name, value in settings.items() if name != "hashedQuitPassword"}
    adapted = uploads.adapted_to(row, settings, origin=row.origin)
    uploads.refuse_errors(adapted)
    _keep(row, adapted, source_name=source_name)


def _without_file(row: SebExamConfiguration, change: Change) -> None:
    entered = [name for name in ("quit_password", "encrypt_password") if getattr(change, name)]
    if row.mode == Mode.CLIENT and entered:
        text = _("the computers have their own settings; set it there")
        raise SetupError(Refusal.INVALID, dict.fromkeys(entered, text))
    # Of a file that is served unchanged the key cannot be computed again: its password may not be kept.
    if not row.served_bytes:
        row.config_key = ""


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return a column of JSON; empty if it is damaged."""
    return value if isinstance(value, Mapping) else {}


def _keep(row: SebExamConfiguration, made: Settings, *, source_name: str = "") -> None:
    row.config_xml = encode(made).decode("utf-8")
    row.config_key = compute_config_key(made)
    row.served_bytes = None
    row.source_name = source_name
