"""The form with which staff demand Safe Exam Browser for an exam. Contract: contract/seb-exams#admin."""

import copy
from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from seb_openedx import conf
from seb_openedx.exam_models import Mode, SebConfigTemplate, SebExamConfiguration
from seb_openedx.exams import encryption, setup
from seb_openedx.exams.browser_key_fields import Keys, KnownKeys, merged
from seb_openedx.exams.learner_texts import PLATFORM_NAMES
from seb_openedx.exams.setting_fields import (
    OVERRIDE,
    Lines,
    entered,
    initial,
    label,
    override_fields,
    overrides,
    setting_fields,
)
from seb_openedx.exams.setup_validation import error_in_place
from seb_openedx.forms import CourseIdForm
from seb_openedx.protocol.versions import Platform
from seb_openedx.translation import translated

_HELP: Final = {
    "allow_uploads": _("Needed for problems with file uploads."),
    "template": _("In the mode 'template', the browser settings come from the template."),
    "quit_password": _("The browser asks for it before it quits. Leave empty to keep the current one."),
    "encrypt_password": _(
        "The browser asks for it before it opens the file, so that nobody can read the settings in advance. "
        "Tell it to learners when the exam begins. Leave empty to keep the current one."
    ),
    "upload": _("A .seb file from the configuration tool."),
    "upload_password": _("Only if the file is encrypted. It is not kept."),
    "known_browser_keys": _("Each key is valid for one version of the program on one platform. Turn old versions off."),
    "browser_keys": _("New keys, one per line."),
    "client_config_keys": _("Config Keys of the settings on your computers, one per line."),
    "exempt_usernames": _("Learners who may use any browser, one per line."),
    "force": _("Save even though learners are in the exam. They have to open the exam again."),
    "on_leave": _("What happens when a learner's browser is closed during the exam before it is submitted."),
    "renew_origin": _("Replace the addresses in the file with those of this host. The Config Key changes."),
    "mode": _("Without any key, 'set up on the computers' accepts every browser that calls itself SEB."),
}


SETTING_FIELDS: Final = tuple(setting_fields())
OVERRIDE_FIELDS: Final = tuple(override_fields())
VERSION_FIELDS: Final = tuple(f"min_version_{platform}" for platform in Platform)


def content_of(file: Any) -> bytes | None:
    """Return what was uploaded, None without a file. Of one that is too large, enough to see that."""
    if file is None:
        return None
    file.seek(0)
    data: bytes = file.read(conf.seb.file_max_bytes + 1)
    return data


class SebExamConfigurationForm(CourseIdForm):
    """What an exam demands. Errors of ``setup.prepare`` come to the field that they concern."""

    # scheme://host[:port] of this platform
    origin = ""

    quit_password = forms.CharField(required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    remove_quit_password = forms.BooleanField(required=False)
    encrypt_password = forms.CharField(
        required=False,
        max_length=encryption.LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    remove_encrypt_password = forms.BooleanField(required=False)
    upload = forms.FileField(required=False)
    upload_password = forms.CharField(required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    known_browser_keys = KnownKeys(required=False)
    browser_keys = Keys(required=False)
    client_config_keys = Keys(required=False)
    exempt_usernames = Lines(required=False)
    renew_origin = forms.BooleanField(required=False)
    force = forms.BooleanField(required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    locals().update(setting_fields())
    locals().update(override_fields())
    locals().update({name: forms.CharField(required=False, max_length=20) for name in VERSION_FIELDS})

    class Meta:
        model = SebExamConfiguration
        fields = ("course_id", "content_id", "mode", "template", "upload_policy", "on_leave")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Left out, it stays as it is.
        self.fields["on_leave"].required = False
        templates: Any = self.fields["template"]
        choices = SebConfigTemplate.objects.filter(Q(enabled=True) | Q(pk=self.instance.template_id))
        templates.queryset = choices.order_by("name")
        label(self.fields, _HELP)
        # The column has the same name and another meaning.
        self.fields["browser_keys"].label = _("Add Browser Exam Keys")
        for platform in Platform:
            self.fields[f"min_version_{platform}"].label = _("Minimum version for %(platform)s") % {
                "platform": PLATFORM_NAMES[platform]
            }
        row = self.instance
        self.initial["version"] = row.version
        prefix = OVERRIDE if row.mode == Mode.TEMPLATE else ""
        self.initial.update(initial(self.fields, row.settings, prefix=prefix))
        for platform, version in (row.min_versions if isinstance(row.min_versions, dict) else {}).items():
            self.initial[f"min_version_{platform}"] = version
        # Validation writes what was pasted into the instance.
        self.stored_browser_keys = self.initial["known_browser_keys"] = row.browser_keys
        # The column has the same name, and the field takes new keys only.
        self.initial["browser_keys"] = []
        self.initial["client_config_keys"] = row.client_config_keys
        self.initial["exempt_usernames"] = row.exempt_usernames

    def clean_content_id(self) -> Any:
        """Return the id of the exam's section."""
        value = str(self.cleaned_data["content_id"]).strip()
        course = self.cleaned_data.get("course_id") or self.instance.course_id
        if course and (error := error_in_place(course, value)):
            raise forms.ValidationError(translated(error))
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
                    _("The exam was changed in the meantime. Open it again and repeat your change.")
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
        is_template = cleaned["mode"] == Mode.TEMPLATE
        settings = overrides(cleaned, OVERRIDE_FIELDS) if is_template else entered(cleaned, SETTING_FIELDS)
        versions = {name: version for name in Platform if (version := cleaned.get(f"min_version_{name}"))}
        file = cleaned.get("upload")
        return setup.Change(
            mode=cleaned["mode"],
            template_id=getattr(cleaned.get("template"), "pk", None),
            settings=settings,
            min_versions={str(name): version for name, version in versions.items()},
            quit_password=self._password("quit_password"),
            encrypt_password=self._password("encrypt_password"),
            upload=content_of(file),
            upload_name=getattr(file, "name", "") or "",
            upload_password=cleaned.get("upload_password") or None,
            upload_policy=cleaned.get("upload_policy"),
            browser_keys=merged(
                cleaned.get("known_browser_keys"), self.stored_browser_keys, cleaned.get("browser_keys") or ()
            ),
            client_config_keys=cleaned.get("client_config_keys") or [],
            exempt_usernames=cleaned.get("exempt_usernames") or [],
            on_leave=cleaned.get("on_leave") or None,
            renew_origin=bool(cleaned.get("renew_origin")),
        )

    def _password(self, name: str) -> str | None:
        """Return what was entered, empty to remove it, None to keep it."""
        return "" if self.cleaned_data.get(f"remove_{name}") else self.cleaned_data.get(name) or None

    def _report(self, error: setup.SetupError) -> None:
        if error.code == "attempts_running":
            text = _("Learners are in this exam. This change would interrupt them; tick 'force' to save it anyway.")
            self.add_error("force", text)
        names = {
            "quit_password_hash": "quit_password",
            "min_versions": VERSION_FIELDS[0],
            "template_id": "template",
            "browser_keys": "known_browser_keys",
        }
        is_template = self.cleaned_data["mode"] == Mode.TEMPLATE
        for name, reason in error.errors.items():
            field = OVERRIDE + name if is_template and name in SETTING_FIELDS else names.get(name, name)
            self.add_error(field if field in self.fields else None, translated(reason))
