"""Forms of the small Studio for Safe Exam Browser."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from django import forms
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from demo.host.models import CourseRun
from seb_openedx import conf
from seb_openedx.configuration import merged, normalized
from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams.forms import OVERRIDE_FIELDS, SETTING_FIELDS, VERSION_FIELDS, SebExamConfigurationForm
from seb_openedx.exams.setup_validation import Refusal, SetupError
from seb_openedx.protocol import DEFAULTS

SETTING: Final = "SAFE_EXAM_BROWSER"

# Name → label, and what differs from the settings that the form begins with.
PRESETS: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "standard": (_("Standard: the settings that the form begins with"), {}),
    "strict": (
        _("Strict: no copying, printing, reloading or virtual machines"),
        {
            "allow_reload": False,
            "show_reload_button": False,
            "clipboard_policy": "block",
            "allow_print": "no",
            "allow_downloads": "no",
            "allow_virtual_machine": "no",
            "allow_screen_sharing": "no",
        },
    ),
    "files": (
        _("Files: learners download and upload files"),
        {"allow_downloads": "yes", "allow_uploads": "yes", "allow_pdf_toolbar": "yes", "allow_zoom": "yes"},
    ),
}


# Modes in the words of this page; others have the words of the table.
MODES: Final = {
    "off": _("Off: any browser"),
    "manual": _("A generated file"),
    "template": _("A template that many exams share"),
    "upload": _("An uploaded file"),
    "client": _("Settings of the school's computers"),
}
DIFFERENCES: Final = _("Where this exam differs from its template")
# Where the name of a field says too little.
LABELS: Final = {
    "max_displays": _("Most displays (1 to 3)"),
    "url_filter": _("Address filter"),
    "allow_pdf_toolbar": _("Allow PDF toolbar"),
    "show_wifi_control": _("Show Wi-Fi control"),
    "show_verify_qr": _("Show a QR code by which invigilators verify the browser"),
    "allowed_regex": _("Allowed regular expressions"),
    "blocked_regex": _("Blocked regular expressions"),
    "upload": _("File"),
    "upload_password": _("Password of this file"),
    "upload_policy": _("Learners get"),
    "encrypt_password": _("Password that the file asks for"),
    "remove_encrypt_password": _("Remove the password of the file"),
    "min_version_win": "Windows",
    "min_version_mac": "macOS",
    "min_version_ios": "iOS",
    "known_browser_keys": _("Browser Exam Keys"),
    "browser_keys": _("Add Browser Exam Keys"),
    "client_config_keys": _("Config Keys of your computers"),
    "on_leave": _("A learner leaves the browser"),
    "exempt_usernames": _("Learners who may use any browser"),
    "renew_origin": _("Renew origin"),
    "force": _("Force"),
}


def mode_name(row: SebExamConfiguration) -> str:
    """What an exam demands, in a few words."""
    return str(MODES.get(row.mode, row.get_mode_display()))


class OtherCourseSettingsForm(forms.ModelForm):
    """The advanced settings of a course that no field has."""

    class Meta:
        model = CourseRun
        fields = ["other_course_settings"]
        labels = {"other_course_settings": _("Other course settings (JSON)")}
        help_texts = {
            "other_course_settings": _(
                'For example {"SAFE_EXAM_BROWSER": {"CONFIG_KEYS": ["<key>"]}}, a list of keys, or a map from course '
                "ids to either."
            )
        }
        widgets = {"other_course_settings": forms.Textarea(attrs={"rows": 12, "cols": 80, "spellcheck": "false"})}

    def clean_other_course_settings(self) -> dict[str, Any]:
        """Refuse what the platform cannot store, and a configuration that would be ignored."""
        # Empty text is an empty map.
        value = self.cleaned_data["other_course_settings"] or {}
        if not isinstance(value, dict):
            raise forms.ValidationError(_("Enter a JSON object: names in double quotes, each with its value."))
        if SETTING in value:
            own, course_id = merged(value[SETTING]), self.instance.course_id
            own = own.get(course_id, own) if isinstance(own, dict) else own
            if own and normalized(own, course_id) is None:
                raise forms.ValidationError(
                    _("%(setting)s is neither a list of keys nor an object with their lists."),
                    params={"setting": SETTING},
                )
        return value


class ExamBrowserForm(SebExamConfigurationForm):
    """What one exam demands. Files and passwords that were chosen outlast a mistake in another field."""

    preset = forms.ChoiceField(
        required=False,
        label=_("Preset"),
        choices=[("", _("Choose one")), *((name, label) for name, (label, _settings) in PRESETS.items())],
    )
    kept_upload = forms.CharField(required=False, widget=forms.HiddenInput)
    kept_upload_name = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)

    class Meta(SebExamConfigurationForm.Meta):
        fields = ("mode", "template", "upload_policy", "on_leave")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The file that is to be saved; it outlasts an error at its field.
        self.chosen: Any = None
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            if isinstance(field.widget, forms.PasswordInput):
                field.widget.render_value = True
        self.fields["mode"].choices = [(mode, MODES.get(mode, label)) for mode, label in self.fields["mode"].choices]
        # A form that was not shown with this field sends nothing for it, and the policy stays as it is.
        self.fields["upload_policy"].required = False
        self.fields["upload"].required = False

    def clean_upload_policy(self) -> str:
        """Return what was chosen, or what is stored."""
        return self.cleaned_data["upload_policy"] or self.instance.upload_policy

    def clean_upload(self) -> Any:
        """Return the chosen file, or the one that an earlier attempt to save has brought."""
        self.chosen = self.cleaned_data["upload"]
        kept = self.data.get("kept_upload", "")
        if self.chosen is None and kept:
            try:
                data = base64.b64decode(kept, validate=True)
            except (binascii.Error, ValueError) as error:
                raise forms.ValidationError(_("Choose the file again.")) from error
            self.chosen = ContentFile(data, self.data.get("kept_upload_name") or "exam.seb")
        return self.chosen

    def report(self, error: SetupError) -> None:
        """Show why ``setup.save`` refused what was valid a moment ago."""
        if error.code == Refusal.STALE:
            self.add_error(None, _("The exam was changed in the meantime. Open it again and repeat your change."))
        self._report(error)

    def conflicts(self) -> bool:
        """Return whether the refusal is about the state of the exam, not about what was entered."""
        return bool(self.non_field_errors() or self.errors.get("force"))

    @property
    def upload_name(self) -> str:
        """The name of the file that is to be saved, empty without one."""
        return str(self.chosen.name) if self.chosen is not None else ""

    def keep_upload(self) -> None:
        """Let the form bring the chosen file again: a browser forgets it when it shows the page again."""
        self.data = self.data.copy()
        self.data["kept_upload"] = self.data["kept_upload_name"] = ""
        if self.chosen is not None and self.chosen.size <= conf.seb.file_max_bytes:
            self.chosen.seek(0)
            self.data["kept_upload"] = base64.b64encode(self.chosen.read()).decode()
            self.data["kept_upload_name"] = self.chosen.name

    def fill_in_preset(self) -> bool:
        """Put the settings of the chosen preset into the form, in place of what is there; False without one."""
        _label, differing = PRESETS.get(self.data.get("preset", ""), ("", None))
        if differing is None:
            return False
        self.data = self.data.copy()
        for name in SETTING_FIELDS:
            self.data.pop(name, None)
            value = differing.get(name, DEFAULTS.get(name))
            if value is True:
                self.data[name] = "on"
            elif value not in (None, False):
                self.data[name] = str(value)
        self.data["mode"] = "manual"
        return True

    def groups(self) -> list[dict[str, Any]]:
        """Return the visible fields by topic; what no topic names is last."""
        names = {
            _("How"): ("mode",),
            _("Settings of the generated file"): ("preset", *SETTING_FIELDS),
            _("Template"): ("template",),
            DIFFERENCES: OVERRIDE_FIELDS,
            _("Uploaded file"): ("upload", "upload_password", "upload_policy"),
            _("Passwords"): ("quit_password", "remove_quit_password", "encrypt_password", "remove_encrypt_password"),
            _("Minimum versions"): VERSION_FIELDS,
            _("Keys"): ("known_browser_keys", "browser_keys", "client_config_keys"),
            _("Exceptions"): ("on_leave", "exempt_usernames"),
        }
        named = {name for group in names.values() for name in group}
        names[_("Saving")] = tuple(name for name in self.fields if name not in named)
        return [
            {
                "title": title,
                "fields": [self[name] for name in group if self._is_visible(name)],
                "is_folded": title == DIFFERENCES and not any(self[name].value() for name in group),
                "can_be_folded": title == DIFFERENCES,
            }
            for title, group in names.items()
        ]

    def _is_visible(self, name: str) -> bool:
        return name in self.fields and not self[name].is_hidden
