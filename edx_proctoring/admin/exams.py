"""Exams in Django admin."""

import logging
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from edx_proctoring.models import ProctoredExam

log = logging.getLogger(__name__)


class ProctoredExamForm(forms.ModelForm):
    """All fields. Nullable ones are optional, and stored as null if left blank."""

    # The choices are set per form, because the registry of providers can change at run time.
    backend = forms.TypedChoiceField(required=False, empty_value=None)

    class Meta:
        model = ProctoredExam
        fields = (
            "course_id",
            "content_id",
            "external_id",
            "exam_name",
            "time_limit_mins",
            "due_date",
            "is_proctored",
            "is_practice_exam",
            "is_active",
            "hide_after_due",
            "backend",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("external_id", "due_date"):
            self.fields[name].required = False
        self.fields["backend"].choices = self._backend_choices()  # type: ignore[attr-defined]

    def _backend_choices(self) -> list[tuple[str, Any]]:
        config = apps.get_app_config("edx_proctoring")
        choices = [(name, f"{name} ({verbose})") for name, verbose in config.get_backend_choices()]  # type: ignore[attr-defined]
        # A provider that is no longer configured stays selectable, so that saving does not replace it silently.
        current = self.instance.backend
        if current and current not in dict(choices):
            choices.append((current, _("%(name)s (not configured)") % {"name": current}))
        return [("", _("(default provider)")), *choices]

    def clean_external_id(self) -> str | None:
        """Return None for a blank: an empty text would count as an id."""
        return self.cleaned_data["external_id"] or None


@admin.register(ProctoredExam)
class ProctoredExamAdmin(admin.ModelAdmin):
    """Exams; saving one also updates it at its provider."""

    form = ProctoredExamForm
    readonly_fields = ()
    search_fields = ("course_id", "exam_name")

    def save_model(self, request: HttpRequest, obj: ProctoredExam, form: Any, change: bool) -> None:
        """Save the exam. Show a message, not a server error, if the provider fails."""
        try:
            super().save_model(request, obj, form, change)
        except DatabaseError:
            raise
        except Exception as error:  # pylint: disable=broad-except
            log.exception("provider failed while an exam was saved: exam_id=%s backend=%s", obj.pk, obj.backend)
            self.message_user(
                request,
                _("The provider of this exam could not be notified (%(error)s). Save the exam again later.")
                % {"error": type(error).__name__},
                messages.ERROR,
            )
            # Suppresses the success message of Django.
            messages.set_level(request, messages.ERROR)
