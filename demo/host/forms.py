"""Forms of the small Studio (Spec: host-platform.md 6.4, 6.5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from demo.host.models import CourseRun, Sequence

KINDS = {
    "none": "None",
    "timed": "Timed",
    "proctored": "Proctored",
    "practice": "Practice proctored",
    "onboarding": "Onboarding",
}
# choice -> is_time_limited, is_proctored_enabled, is_practice_exam, is_onboarding_exam (host-platform.md 6.5)
FLAGS = {
    "none": (False, False, False, False),
    "timed": (True, False, False, False),
    "proctored": (True, True, False, False),
    "practice": (True, True, True, False),
    "onboarding": (True, True, False, True),
}


def kind_of(sequence: Sequence) -> str:
    """The radio choice that a subsection's four flags stand for."""
    flags = (
        sequence.is_time_limited,
        sequence.is_proctored_enabled,
        sequence.is_practice_exam,
        sequence.is_onboarding_exam,
    )
    return next((kind for kind, known in FLAGS.items() if known == flags), "none")


def apply_kind(sequence: Sequence, kind: str) -> None:
    """Set the four flags of a radio choice."""
    (
        sequence.is_time_limited,
        sequence.is_proctored_enabled,
        sequence.is_practice_exam,
        sequence.is_onboarding_exam,
    ) = FLAGS[kind]


class SequenceForm(forms.ModelForm):
    """One subsection. Name and minutes may stay empty, as in Studio; publishing has to cope."""

    due = forms.DateTimeField(
        label="Due date and time (UTC)",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    kind = forms.ChoiceField(label="Set as a special exam", choices=list(KINDS.items()), widget=forms.RadioSelect)

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
            "display_name": "Name",
            "default_time_limit_minutes": "Time allotted, in minutes",
            "hide_after_due": "Hide from learners after the due date",
            "exam_review_rules": "Review rules for the proctors",
            "prerequisite": "Prerequisite subsection",
        }
        widgets = {
            "exam_review_rules": forms.Textarea(attrs={"rows": 3, "maxlength": 255}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Sequence.objects.filter(section__course=self.instance.section.course).exclude(pk=self.instance.pk)
        self.fields["prerequisite"].queryset = others
        self.fields["prerequisite"].label_from_instance = lambda sequence: sequence.display_name or sequence.usage_key


class ProctoringSettingsForm(forms.ModelForm):
    """The course's proctoring settings with Studio's validations."""

    proctoring_provider = forms.CharField(label="Proctoring provider", widget=forms.Select)

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
            "enable_proctored_exams": "Offer proctored exams",
            "proctoring_escalation_email": "Escalation e-mail",
            "allow_proctoring_opt_out": "Learners may opt out of proctoring",
            "create_zendesk_tickets": "Open support tickets for suspicious attempts",
        }

    def __init__(self, *args: Any, editor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.editor = editor
        self.fields["proctoring_provider"].widget.choices = [(name, name) for name in self.providers()]

    @staticmethod
    def providers() -> list[str]:
        """Configured providers plus the platform's pseudo provider, sorted."""
        return sorted({name for name in settings.PROCTORING_BACKENDS if name != "DEFAULT"} | {"lti_external"})

    @staticmethod
    def needs_escalation(provider: str) -> bool:
        """Whether a provider demands an escalation address."""
        options = settings.PROCTORING_BACKENDS.get(provider, {})
        return isinstance(options, dict) and bool(options.get("requires_escalation_email", False))

    def clean_proctoring_provider(self) -> str:
        """Known, and fixed once the course has started (global staff excepted)."""
        wanted = str(self.cleaned_data["proctoring_provider"])
        before = self.initial.get("proctoring_provider")
        if wanted not in self.providers():
            raise forms.ValidationError(f"The selected proctoring provider, {wanted}, is not a valid provider.")
        if wanted != before and self.instance.starts_at < timezone.now() and not self.editor.is_staff:
            raise forms.ValidationError(
                "The proctoring provider cannot be modified after a course has started. Contact support for assistance."
            )
        return wanted

    def clean_allow_proctoring_opt_out(self) -> bool:
        """Only global staff may change the opt-out."""
        wanted = bool(self.cleaned_data["allow_proctoring_opt_out"])
        if wanted != self.initial.get("allow_proctoring_opt_out") and not self.editor.is_staff:
            raise forms.ValidationError("Only global staff can change whether learners may opt out.")
        return wanted

    def clean(self) -> dict[str, Any]:
        """An escalation address where the provider demands one."""
        cleaned: dict[str, Any] = super().clean() or {}
        provider = cleaned.get("proctoring_provider")
        if provider and self.needs_escalation(provider) and not cleaned.get("proctoring_escalation_email"):
            self.add_error("proctoring_escalation_email", "This provider needs an escalation e-mail address.")
        return cleaned
