"""The form with which staff edit templates. Contract: contract/seb-exams#templates."""

import copy
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from seb_openedx.exam_models import SebConfigTemplate
from seb_openedx.exams import setup, templates
from seb_openedx.exams.forms import SETTING_FIELDS, content_of
from seb_openedx.exams.setting_fields import entered, initial, label, setting_fields
from seb_openedx.translation import translated

_HELP: Final = {
    "enabled": _("When turned off, no other exam can choose it; exams that use it keep it."),
    "kind": _("Settings below, or the settings in a .seb file."),
    "upload": _(
        "A .seb file from the configuration tool. It is stored decrypted. Leave empty to keep the current one."
    ),
    "upload_password": _("Only if the file is encrypted. It is not kept."),
    "force": _("Save even though learners are in exams that use it. They have to open the exam again."),
}


class SebConfigTemplateForm(forms.ModelForm):
    """A template. Errors of ``templates.prepare`` come to the field that they concern."""

    upload = forms.FileField(required=False)
    upload_password = forms.CharField(required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    force = forms.BooleanField(required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    locals().update(setting_fields())

    class Meta:
        model = SebConfigTemplate
        fields = ("name", "description", "enabled", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label(self.fields, _HELP)
        self.initial["version"] = self.instance.version
        self.initial.update(initial(self.fields, self.instance.settings))

    def clean(self) -> dict[str, Any]:
        """Try what would be saved, so that each mistake appears at its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                templates.check(copy.copy(self.instance), self.change(), force=bool(cleaned.get("force")))
            except setup.SetupError as error:
                self._report(error)
        return cleaned

    def _report(self, error: setup.SetupError) -> None:
        exams = ", ".join(content_id for _course_id, content_id in error.exams)
        if error.code == setup.Refusal.ATTEMPTS_RUNNING:
            text = _("Learners are in exams that use this template. Tick 'force' to save it anyway. Exams: %(exams)s")
            self.add_error("force", text % {"exams": exams})
        for name, reason in error.errors.items():
            sentence = translated(reason)
            if exams:
                sentence = _("%(error)s (exam: %(exams)s)") % {"error": sentence, "exams": exams}
            self.add_error(name if name in self.fields else None, sentence)

    def change(self) -> templates.TemplateChange:
        """Return what was entered."""
        cleaned = self.cleaned_data
        return templates.TemplateChange(
            name=cleaned["name"],
            description=cleaned["description"],
            enabled=cleaned["enabled"],
            kind=cleaned["kind"],
            settings=entered(cleaned, SETTING_FIELDS),
            upload=content_of(cleaned.get("upload")),
            upload_password=cleaned.get("upload_password") or None,
        )
