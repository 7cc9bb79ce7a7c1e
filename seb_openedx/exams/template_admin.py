"""Django admin: templates for exams with Safe Exam Browser. Contract: contract/seb-exams#templates."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from seb_openedx.exam_models import SebConfigTemplate
from seb_openedx.exams import templates
from seb_openedx.exams.forms import SETTING_FIELDS
from seb_openedx.exams.setup_validation import Refusal, SetupError
from seb_openedx.exams.template_forms import SebConfigTemplateForm
from seb_openedx.labelled_admin import LabelledAdmin
from seb_openedx.translation import translated

_REFUSED: Final = {
    Refusal.STALE: gettext_noop("Not saved: the template was changed in the meantime. Repeat your change."),
    Refusal.ATTEMPTS_RUNNING: gettext_noop(
        "Not saved: a learner has begun an exam that uses this template (%(exams)s)."
    ),
    Refusal.IN_USE: gettext_noop("Not deleted: exams use this template (%(exams)s)."),
    Refusal.INVALID: gettext_noop("Not saved: %(errors)s (%(exams)s)."),
}


@admin.register(SebConfigTemplate)
class SebConfigTemplateAdmin(LabelledAdmin):
    """Saving a template makes the files of all exams that use it again."""

    form = SebConfigTemplateForm
    list_display = ("name", "kind", "enabled", "number_of_exams", "modified", "modified_by_username")
    list_filter = ("enabled", "kind")
    search_fields = ("name", "description")
    readonly_fields = ("number_of_exams", "modified", "modified_by_username")
    fieldsets = (
        (None, {"fields": ("name", "description", "enabled", "kind", "version")}),
        (gettext_lazy("Settings of the browser"), {"fields": SETTING_FIELDS}),
        (gettext_lazy("Uploaded file"), {"fields": ("upload", "upload_password")}),
        (gettext_lazy("State"), {"fields": ("number_of_exams", "force", "modified", "modified_by_username")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the templates, each with the number of its exams."""
        return super().get_queryset(request).annotate(exam_count=Count("exams"))

    @admin.display(description=gettext_lazy("Exams"), ordering="exam_count")
    def number_of_exams(self, row: SebConfigTemplate) -> int:
        """How many exams use it."""
        return getattr(row, "exam_count", 0)

    def save_model(self, request: HttpRequest, obj: SebConfigTemplate, form: Any, change: bool) -> None:
        """Save through ``templates.save``; raises ``SetupError``."""
        row = SebConfigTemplate(pk=obj.pk, version=form.cleaned_data["version"] or 0) if change else obj
        saved = templates.save(
            row, form.change(), by=request.user.get_username(), force=bool(form.cleaned_data.get("force"))
        )
        obj.pk, obj.version = saved.template.pk, saved.template.version
        if saved.exams:
            text = _("Exams with a new file: %(number)s. Files that learners already have work for another 15 minutes.")
            messages.info(request, text % {"number": saved.exams})

    def delete_model(self, request: HttpRequest, obj: SebConfigTemplate) -> None:
        """Delete through ``templates.delete``."""
        templates.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete each through ``templates.delete``."""
        for row in queryset:
            templates.delete(row)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say why a template was not saved."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except SetupError as error:
            return _refused(request, error)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say why a template was not deleted: an exam may have chosen it while the question was shown."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except SetupError as error:
            return _refused(request, error)


def _refused(request: HttpRequest, error: SetupError) -> HttpResponseRedirect:
    exams = ", ".join(content_id for _course_id, content_id in error.exams) or "-"
    errors = "; ".join(f"{name}: {translated(text)}" for name, text in error.errors.items())
    messages.error(request, _(_REFUSED[error.code]) % {"exams": exams, "errors": errors})
    return HttpResponseRedirect(request.get_full_path())
