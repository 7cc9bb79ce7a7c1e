"""The form with which staff demand Safe Exam Browser for an exam. Contract: contract/seb-exams#admin."""

import copy
from typing import Any, Final

from django import forms
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from seb_openedx import conf
from seb_openedx.access.requests import usage_key
from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import setup
from seb_openedx.protocol import errors, parse_keys
from seb_openedx.protocol.settings import CLIPBOARD, RULE_LISTS, SETTINGS
from seb_openedx.protocol.versions import Platform

_AS_THE_BROWSER: Final = ("", "as the browser does by itself")
_HELP: Final = {
    "allow_uploads": "Needed by problems to which learners upload files.",
    "quit_password": "Asked by the browser before it quits. Leave empty to keep the present one.",
    "upload": "A .seb file from the configuration tool.",
    "upload_password": "Only if the file is encrypted. It is not kept.",
    "browser_keys": "Browser Exam Keys, one per line; each is good for one version of the program on one platform.",
    "client_config_keys": "Config Keys of the settings on your computers, one per line.",
    "exempt_usernames": "Learners who may use any browser, one per line.",
    "force": "Save although learners are in the exam. They have to open the exam again.",
    "on_leave": "Of a learner whose browser ends during the exam otherwise than by submission.",
    "mode": "Without any key, 'set up on the computers' accepts every browser that calls itself SEB.",
}


class Lines(forms.CharField):
    """A list of texts, one per line."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 80})

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not blank."""
        return [line for text in str(value or "").splitlines() if (line := text.strip())]

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a list."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class Keys(forms.CharField):
    """Keys, pasted with any separators."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 80})

    def to_python(self, value: Any) -> Any:
        """Return the keys."""
        try:
            return parse_keys(str(value or ""))
        except errors.InvalidKey as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a list."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class Choice(forms.TypedChoiceField):
    """A setting that may be left to the browser, as None."""

    def __init__(self, choices: list[tuple[str, str]], coerce: Any) -> None:
        super().__init__(choices=[_AS_THE_BROWSER, *choices], coerce=coerce, empty_value=None, required=False)


def _setting_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for setting in SETTINGS:
        if setting.name == "clipboard_policy":
            fields[setting.name] = Choice([(name, name) for name in CLIPBOARD], str)
        elif setting.default is None:
            fields[setting.name] = Choice([("yes", "yes"), ("no", "no")], "yes".__eq__)
        elif isinstance(setting.default, bool):
            fields[setting.name] = forms.BooleanField(required=False, initial=setting.default)
        else:
            fields[setting.name] = forms.IntegerField(required=False, initial=setting.default)
    for rules in RULE_LISTS:
        fields[rules.name] = Lines(required=False)
    return fields


SETTING_FIELDS: Final = tuple(_setting_fields())
VERSION_FIELDS: Final = tuple(f"min_version_{platform}" for platform in Platform)


class SebExamConfigurationForm(forms.ModelForm):
    """What an exam demands. Errors of ``setup.prepare`` come to the field that they concern."""

    # scheme://host[:port] of this platform
    origin = ""

    quit_password = forms.CharField(required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    remove_quit_password = forms.BooleanField(required=False)
    upload = forms.FileField(required=False)
    upload_password = forms.CharField(required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    browser_keys = Keys(required=False)
    client_config_keys = Keys(required=False)
    exempt_usernames = Lines(required=False)
    force = forms.BooleanField(required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    locals().update(_setting_fields())
    locals().update({name: forms.CharField(required=False, max_length=20) for name in VERSION_FIELDS})

    class Meta:
        model = SebExamConfiguration
        fields = ("course_id", "content_id", "mode", "upload_policy", "on_leave")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Left out, it stays as it is.
        self.fields["on_leave"].required = False
        for name, text in _HELP.items():
            self.fields[name].help_text = text
        row = self.instance
        self.initial["version"] = row.version
        chosen = row.settings if isinstance(row.settings, dict) else {}
        for name, value in chosen.items():
            if name in SETTING_FIELDS:
                self.initial[name] = {True: "yes", False: "no"}[value] if self._is_yes_or_no(name, value) else value
        for platform, version in (row.min_versions if isinstance(row.min_versions, dict) else {}).items():
            self.initial[f"min_version_{platform}"] = version
        stored = row.browser_keys if isinstance(row.browser_keys, list) else []
        # Old versions that are switched off stay; they are not shown, and not accepted.
        self.initial["browser_keys"] = [
            entry.get("key") for entry in stored if isinstance(entry, dict) and entry.get("active") is not False
        ]
        self.initial["client_config_keys"] = row.client_config_keys
        self.initial["exempt_usernames"] = row.exempt_usernames

    def _is_yes_or_no(self, name: str, value: Any) -> bool:
        return isinstance(value, bool) and isinstance(self.fields[name], Choice)

    def clean_course_id(self) -> Any:
        """Return the course's key."""
        value = self.cleaned_data["course_id"]
        try:
            return value if isinstance(value, CourseKey) else CourseKey.from_string(str(value).strip())
        except InvalidKeyError as error:
            raise forms.ValidationError("This is not a course id.") from error

    def clean_content_id(self) -> Any:
        """Return the id of the exam's section."""
        value = str(self.cleaned_data["content_id"]).strip()
        key, course = usage_key(value), self.cleaned_data.get("course_id") or self.instance.course_id
        if key is not None and course and str(key.course_key) != str(course):
            raise forms.ValidationError("This section belongs to another course.")
        return value

    def clean(self) -> dict[str, Any]:
        """Try what would be saved, so that each mistake appears at its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        row = copy.copy(self.instance)
        for name in ("course_id", "content_id"):
            if name in cleaned:
                setattr(row, name, cleaned[name])
        if row.pk is not None:
            stored = SebExamConfiguration.objects.filter(pk=row.pk).first()
            if stored is None or stored.version != cleaned.get("version"):
                raise forms.ValidationError(
                    "Somebody else has changed this exam. Open it again and repeat your change."
                )
            row = stored
        try:
            setup.prepare(row, self.change(), origin=self.origin, force=bool(cleaned.get("force")))
        except setup.SetupError as error:
            self._report(error)
        return cleaned

    def change(self) -> setup.Change:
        """Return what was entered."""
        cleaned = self.cleaned_data
        defaults = {setting.name: setting.default for setting in SETTINGS}
        settings = {
            name: value
            for name in SETTING_FIELDS
            if (value := cleaned.get(name)) not in (None, []) and value != defaults.get(name)
        }
        versions = {name: version for name in Platform if (version := cleaned.get(f"min_version_{name}"))}
        file = cleaned.get("upload")
        data = None
        if file is not None:
            file.seek(0)
            # One byte more than is allowed shows that it is too large.
            data = file.read(conf.seb.file_max_bytes + 1)
        password = "" if cleaned.get("remove_quit_password") else cleaned.get("quit_password") or None
        return setup.Change(
            mode=cleaned["mode"],
            settings=settings,
            min_versions={str(name): version for name, version in versions.items()},
            quit_password=password,
            upload=data,
            upload_name=getattr(file, "name", "") or "",
            upload_password=cleaned.get("upload_password") or None,
            upload_policy=cleaned.get("upload_policy"),
            browser_keys=self._browser_keys(cleaned.get("browser_keys") or []),
            client_config_keys=cleaned.get("client_config_keys") or [],
            exempt_usernames=cleaned.get("exempt_usernames") or [],
            on_leave=cleaned.get("on_leave") or None,
        )

    def _browser_keys(self, entered: list[str]) -> list[dict[str, Any]]:
        """Return the entries of the keys that were entered; what is known about a key stays."""
        stored = self.instance.browser_keys if isinstance(self.instance.browser_keys, list) else []
        known = {entry.get("key"): entry for entry in stored if isinstance(entry, dict)}
        new = {"label": "", "platform": "", "version": ""}
        return [{**new, **known.get(key, {}), "key": key, "active": True} for key in entered]

    def _report(self, error: setup.SetupError) -> None:
        if error.code == "attempts_running":
            text = "Learners are in this exam. This change would put them out; tick 'force' to save it anyway."
            self.add_error("force", text)
        names = {"quit_password_hash": "quit_password", "min_versions": VERSION_FIELDS[0]}
        for name, text in error.errors.items():
            field = names.get(name, name)
            self.add_error(field if field in self.fields else None, text)
