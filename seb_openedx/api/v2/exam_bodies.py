"""What callers send about one exam. Contract: contract/seb-rest#exam."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from seb_openedx.api.v2 import seb_files
from seb_openedx.api.v2.choices import ChoiceField
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exam_models import Mode, OnLeave, SebExamConfiguration, UploadPolicy
from seb_openedx.exams import encryption
from seb_openedx.exams.setup_validation import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_KEYS,
    MOST_NAMES,
    Change,
    Refusal,
    SetupError,
    errors_in_settings,
)
from seb_openedx.protocol import parse_keys
from seb_openedx.protocol.errors import InvalidKey
from seb_openedx.protocol.versions import Platform
from seb_openedx.translation import translated

_NOT_A_KEY: Final = gettext_lazy("A key has 64 digits 0-9 and a-f.")
# What is not said about a key.
_UNKNOWN: Final = {"label": "", "platform": "", "version": ""}
# Names of the row and of uploads that a body calls otherwise.
_FIELDS: Final[Mapping[str, str]] = {
    "quit_password_hash": "quit_password",
    "exempt_usernames": "exempt_username",
    "start_url": "",
    "quit_url": "",
    "content_id": "",
    # Only an upload brings a file; what misses it here is the mode.
    "upload": "mode",
    "upload_password": "mode",
}


class KeyField(serializers.RegexField):
    """One key, in lower case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^[0-9a-fA-F]{64}\Z", error_messages={"invalid": _NOT_A_KEY}, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the key."""
        return super().to_internal_value(data).lower()


class KeysField(serializers.ListField):
    """Distinct keys: a list, or one text with any separators."""

    child: serializers.Field[Any, Any, Any, Any] = KeyField()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_KEYS, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return what the child makes of each."""
        if isinstance(data, str):
            try:
                data = parse_keys(data)
            except InvalidKey as error:
                raise serializers.ValidationError(translated(str(error))) from error
        found = super().to_internal_value(data)
        seen: set[str] = set()
        for number, entry in enumerate(found):
            key = entry["key"] if isinstance(entry, Mapping) else entry
            if key in seen:
                raise serializers.ValidationError({str(number): [_("This key is listed twice.")]})
            seen.add(key)
        return found


class BrowserKeyBody(serializers.Serializer[Any]):
    key = KeyField()
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=LONGEST_TEXT["label"], allow_blank=True, default=""
    )
    platform = ChoiceField([str(platform) for platform in Platform], allow_blank=True, default="")
    version = serializers.CharField(max_length=LONGEST_TEXT["version"], allow_blank=True, default="")
    # Keys of old versions can be switched off.
    active = serializers.BooleanField(default=True)


class BrowserKeyField(serializers.Field[Any, Any, Any, Any]):
    """One Browser Exam Key: an object that says everything about it, or the key alone."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the entry; of a key alone nothing else is known here."""
        if isinstance(data, str):
            return {"key": KeyField().run_validation(data)}
        reader = BrowserKeyBody(data=data)
        reader.is_valid(raise_exception=True)
        unknown = sorted(set(map(str, data)) - set(reader.fields))
        if unknown:
            raise serializers.ValidationError({name: [_("There is no parameter with this name.")] for name in unknown})
        return dict(reader.validated_data)


class BrowserKeysField(KeysField):
    """Browser Exam Keys: objects, keys, or one pasted text."""

    child = BrowserKeyField()


class OptionsField(serializers.DictField):
    """Options of the browser's settings. Checked in each mode, so that another one can be chosen later."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the options that are set."""
        options = super().to_internal_value(data)
        errors = errors_in_settings(options)
        if errors:
            raise serializers.ValidationError({name: [translated(text)] for name, text in errors.items()})
        return {name: option for name, option in options.items() if option is not None}


class ExamBody(serializers.Serializer[Any]):
    """What may be written of an exam. Left out of PUT: the default; left out of PATCH: as it is."""

    mode = ChoiceField(Mode.choices)
    # Nobody has to send it again with each PUT: left out it stays.
    template_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    settings = OptionsField(default=dict)
    min_versions = serializers.DictField(child=serializers.CharField(max_length=50, allow_blank=True), default=dict)
    # Nobody can read them back, so what is left out stays in both cases; an empty text removes one.
    quit_password = serializers.CharField(max_length=255, allow_blank=True, trim_whitespace=False, required=False)
    encrypt_password = serializers.CharField(
        max_length=encryption.LONGEST, allow_blank=True, trim_whitespace=False, required=False
    )
    upload_policy = ChoiceField(UploadPolicy.choices, default=UploadPolicy.ADAPT)
    browser_keys = BrowserKeysField(default=list)
    client_config_keys = KeysField(default=list)
    exempt_username = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_NAME), max_length=MOST_NAMES, default=list
    )
    on_leave = ChoiceField(OnLeave.choices, default=OnLeave.ALLOW)
    renew_origin = serializers.BooleanField(default=False)
    force = serializers.BooleanField(default=False)

    def validate_exempt_username(self, value: list[str]) -> list[str]:
        """Return distinct names."""
        return list(dict.fromkeys(value))


class ForceBody(serializers.Serializer[Any]):
    """What may be sent with DELETE. ``force``: also while learners are in the exam."""

    force = serializers.BooleanField(default=False)


def change_of(sent: Mapping[str, Any], row: SebExamConfiguration) -> Change:
    """Return the change that a validated body asks for."""
    keys = sent.get("browser_keys")
    return Change(
        mode=sent.get("mode"),
        template_id=sent.get("template_id"),
        settings=sent.get("settings"),
        min_versions=sent.get("min_versions"),
        quit_password=sent.get("quit_password"),
        encrypt_password=sent.get("encrypt_password"),
        upload_policy=sent.get("upload_policy"),
        browser_keys=None if keys is None else entries(keys, row.browser_keys),
        client_config_keys=sent.get("client_config_keys"),
        exempt_usernames=sent.get("exempt_username"),
        on_leave=sent.get("on_leave"),
        renew_origin=sent.get("renew_origin", False),
    )


def entries(keys: list[dict[str, Any]], stored: Any) -> list[dict[str, Any]]:
    """Return complete entries. What is known about a key that comes alone stays, and it is switched on."""
    known = {entry.get("key"): entry for entry in stored or () if isinstance(entry, Mapping)}
    return [{**_UNKNOWN, **known.get(entry["key"], {}), "active": True, **entry} for entry in keys]


def problem_of(
    error: SetupError,
    fields: Mapping[str, str] = _FIELDS,
    body: type[serializers.Serializer[Any]] = ExamBody,
) -> ProblemError:
    """Return how a change is refused. ``fields``: names of the service → fields of the body, where they differ.

    ``exams`` of the answer: those that stand in the way of a change of something else.
    """
    if error.code == Refusal.STALE:
        return ProblemError("precondition_failed")
    exams = [{"course_id": course_id, "content_id": content_id} for course_id, content_id in error.exams]
    if error.code != Refusal.INVALID:
        return ProblemError(str(error.code), exams=exams)
    sentences = {name: translated(text) for name, text in error.errors.items()}
    if error.file_code:
        return seb_files.problem(error.file_code, " ".join(sentences.values()))
    if exams:
        # What is wrong is said of the exam, not of the body.
        return ProblemError("validation_error", errors={"": list(sentences.values())}, exams=exams)
    known = body().fields
    errors: dict[str, list[str]] = {}
    for name, text in sentences.items():
        errors.setdefault(fields.get(name, name if name in known else f"settings.{name}"), []).append(text)
    return ProblemError("validation_error", errors=errors)
