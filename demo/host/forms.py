"""Forms of the small Studio."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from demo.host.models import CourseRun, Sequence
from demo.host.onboarding import EXTERNAL_PROVIDER, missing_onboarding_warning

KINDS = {
    "none": _("None"),
    "timed": _("Timed"),
    "proctored": _("Proctored"),
    "practice": _("Practice proctored"),
    "onboarding": _("Onboarding"),
}
# choice -> is_time_limited, is_proctored_enabled, is_practice_exam, is_onboarding_exam
FLAGS = {
    "none": (False, False, False, False),
    "timed": (True, False, False, False),
    "proctored": (True, True, False, False),
    "practice": (True, True, True, False),
    "onboarding": (True, True, False, True),
}


def kind_of(sequence: Sequence) -> str:
    """The choice that a subsection's four flags mean."""
    flags = (
        sequence.is_time_limited,
        sequence.is_proctored_enabled,
        sequence.is_practice_exam,
        sequence.is_onboarding_exam,
    )
    return next((kind for kind, known in FLAGS.items() if known == flags), "none")


def apply_kind(sequence: Sequence, kind: str) -> None:
    """Set the four flags that a choice means."""
    (
        sequence.is_time_limited,
        sequence.is_proctored_enabled,
        sequence.is_practice_exam,
        sequence.is_onboarding_exam,
    ) = FLAGS[kind]


class SequenceForm(forms.ModelForm):
    """One subsection. Name and minutes may stay empty, as in Studio."""

    due = forms.DateTimeField(
        label=_("Due date and time (UTC)"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    kind = forms.ChoiceField(label=_("Set as a special exam"), choices=list(KINDS.items()), widget=forms.RadioSelect)

    class Meta:
        model = Sequence
        fields = [
            "display_name",
            "kind",
            "default_time_limit_minutes",
            "due",
            "hide_after_due",
            "exam_review_rules",
            "prerequisite",
        ]
        labels = {
            "display_name": _("Name"),
            "default_time_limit_minutes": _("Time allotted, in minutes"),
            "hide_after_due": _("Hide from learners after the due date"),
            "exam_review_rules": _("Review rules for the proctors"),
            "prerequisite": _("Prerequisite subsection"),
        }
        widgets = {
            "exam_review_rules": forms.Textarea(attrs={"rows": 3, "maxlength": 255}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Sequence.objects.filter(section__course=self.instance.section.course).exclude(pk=self.instance.pk)
        self.fields["kind"].help_text = missing_onboarding_warning(self.instance.section.course)
        self.fields["prerequisite"].queryset = others
        self.fields["prerequisite"].label_from_instance = lambda sequence: sequence.display_name or sequence.usage_key


class ProctoringSettingsForm(forms.ModelForm):
    """The course's proctoring settings with Studio's validations."""

    proctoring_provider = forms.CharField(label=_("Proctoring provider"), widget=forms.Select)

    class Meta:
        model = CourseRun
        fields = [
            "enable_proctored_exams",
            "proctoring_provider",
            "proctoring_escalation_email",
            "allow_proctoring_opt_out",
            "create_zendesk_tickets",
        ]
        labels = {
            "enable_proctored_exams": _("Offer proctored exams"),
            "proctoring_escalation_email": _("Escalation e-mail"),
            "allow_proctoring_opt_out": _("Learners may opt out of proctoring"),
            "create_zendesk_tickets": _("Open support tickets for suspicious attempts"),
        }

    def __init__(self, *args: Any, editor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.editor = editor
        self.fields["proctoring_provider"].widget.choices = [(name, name) for name in self.providers()]

    @staticmethod
    def providers() -> list[str]:
        """Configured providers, also those of the older form, and the platform's external LTI provider, sorted."""
        configured = {*settings.PROCTORING_BACKENDS, *settings.ENV_TOKENS.get("PROCTORING_BACKEND_PROVIDERS", {})}
        return sorted(configured - {"DEFAULT"} | {EXTERNAL_PROVIDER})

    @staticmethod
    def needs_escalation(provider: str) -> bool:
        """Whether a provider requires an escalation address."""
        options = settings.PROCTORING_BACKENDS.get(provider, {})
        return isinstance(options, dict) and bool(options.get("requires_escalation_email", False))

    def clean_proctoring_provider(self) -> str:
        """Refuse unknown providers, and a change after the course has started except by global staff."""
        provider = str(self.cleaned_data["proctoring_provider"])
        before = self.initial.get("proctoring_provider")
        if provider not in self.providers():
            raise forms.ValidationError(
                _("The selected proctoring provider, %(provider)s, is not a valid provider."),
                params={"provider": provider},
            )
        if provider != before and self.instance.starts_at < timezone.now() and not self.editor.is_staff:
            raise forms.ValidationError(
                _(
                    "The proctoring provider cannot be modified after a course has started. "
                    "Contact support for assistance."
                )
            )
        return provider

    def clean_allow_proctoring_opt_out(self) -> bool:
        """Refuse a change except by global staff."""
        may_opt_out = bool(self.cleaned_data["allow_proctoring_opt_out"])
        if may_opt_out != self.initial.get("allow_proctoring_opt_out") and not self.editor.is_staff:
            raise forms.ValidationError(_("Only global staff can change whether learners may opt out."))
        return may_opt_out

    def clean(self) -> dict[str, Any]:
        """Require an escalation address where the provider needs one."""
        cleaned: dict[str, Any] = super().clean() or {}
        provider = cleaned.get("proctoring_provider")
        if provider and self.needs_escalation(provider) and not cleaned.get("proctoring_escalation_email"):
            self.add_error("proctoring_escalation_email", _("This provider needs an escalation e-mail address."))
        return cleaned
