"""Django admin: exams with Safe Exam Browser, and sessions. Contract: contract/seb-exams#admin."""

from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from seb_openedx.exam_models import Mode, SebExamConfiguration, SebSession
from seb_openedx.exams import encryption, file_making, setup, uploads
from seb_openedx.exams.addresses import origin_of
from seb_openedx.exams.forms import OVERRIDE_FIELDS, SETTING_FIELDS, VERSION_FIELDS, SebExamConfigurationForm
from seb_openedx.exams.learner_release import release_learner
from seb_openedx.exams.requirements import from_row
from seb_openedx.labelled_admin import LabelledAdmin
from seb_openedx.list_filters import EndReasonFilter
from seb_openedx.protocol import check_password, lint_settings
from seb_openedx.translation import translated

_MOST_FINDINGS: Final = 10


@admin.register(SebExamConfiguration)
class SebExamConfigurationAdmin(LabelledAdmin):
    """One row per exam. Saving makes its file and key."""

    form = SebExamConfigurationForm
    list_display = ("content_id", "course_id", "mode", "short_key", "modified", "modified_by_username")
    list_filter = ("mode",)
    search_fields = ("content_id",)
    readonly_fields = (
        "encryption_state",
        "config_key",
        "origin",
        "source_name",
        "start_address",
        "modified",
        "modified_by_username",
    )
    fieldsets = (
        (None, {"fields": ("course_id", "content_id", "mode", "quit_password", "remove_quit_password", "version")}),
        (gettext_lazy("Template"), {"fields": ("template",)}),
        (
            gettext_lazy("Password of the file"),
            {"fields": ("encryption_state", "encrypt_password", "remove_encrypt_password")},
        ),
        (gettext_lazy("Differences from the template"), {"fields": OVERRIDE_FIELDS, "classes": ("collapse",)}),
        (gettext_lazy("Settings of the browser"), {"fields": SETTING_FIELDS}),
        (gettext_lazy("Minimum versions"), {"fields": VERSION_FIELDS}),
        (gettext_lazy("Uploaded file"), {"fields": ("upload", "upload_password", "upload_policy", "source_name")}),
        (gettext_lazy("Keys"), {"fields": ("config_key", "known_browser_keys", "browser_keys", "client_config_keys")}),
        (gettext_lazy("Addresses in the file"), {"fields": ("origin", "renew_origin")}),
        (gettext_lazy("Exceptions"), {"fields": ("exempt_usernames", "on_leave", "force")}),
        (gettext_lazy("State"), {"fields": ("start_address", "modified", "modified_by_username")}),
    )

    class Media:
        css = {"all": ("seb_openedx/admin.css",)}

    @admin.display(description=gettext_lazy("Config key"))
    def short_key(self, row: SebExamConfiguration) -> str:
        """The beginning: the whole key need not be on a list."""
        return row.config_key[:7]

    @admin.display(description=gettext_lazy("Start page"))
    def start_address(self, row: SebExamConfiguration) -> str:
        """The address for computers that have their own settings."""
        return file_making.start_address(row) if row.origin else ""

    @admin.display(description=gettext_lazy("Now"))
    def encryption_state(self, row: SebExamConfiguration) -> str:
        """Whether the file asks for a password."""
        if not row.encrypt_password_cipher:
            return _("The file is served without a password.")
        if encryption.is_readable(row.encrypt_password_cipher):
            return _("The file asks for a password.")
        return _("The password cannot be read any more. Enter it again: learners get no file until then.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Addresses and keys belong to an exam: another one gets a row of its own."""
        own = super().get_readonly_fields(request, obj)
        return own if obj is None else ("course_id", "content_id", *own)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the plain choice of a template, without Django's buttons: it is not changed from within an exam."""
        if db_field.name == "template":
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows the address of this host."""
        made = super().get_form(request, obj, change=change, **kwargs)
        return type(made.__name__, (made,), {"origin": origin_of(request)})

    def save_model(self, request: HttpRequest, obj: SebExamConfiguration, form: Any, change: bool) -> None:
        """Save through ``setup.save``; raises ``SetupError`` if somebody else was faster."""
        row = obj
        if change:
            row = SebExamConfiguration(pk=obj.pk, version=form.cleaned_data["version"])
        saved = setup.save(
            row,
            form.change(),
            origin=form.origin,
            by=request.user.get_username(),
            force=bool(form.cleaned_data.get("force")),
        )
        obj.pk, obj.version = saved.pk, saved.version
        findings = check_password(form.cleaned_data.get("quit_password") or "")
        if saved.mode == Mode.UPLOAD and saved.config_xml:
            findings += lint_settings(uploads.stored(saved.config_xml))
        for finding in findings[:_MOST_FINDINGS]:
            messages.warning(request, f"{finding.key}: {translated(finding.message)}")
        if file_making.has_addresses(saved) and saved.origin != form.origin:
            text = _("The file leads to %(old)s, not to %(new)s. To change that, tick 'renew origin' and save.")
            messages.warning(request, text % {"old": saved.origin, "new": form.origin})
        if saved.mode != Mode.OFF and from_row(saved).accepts_name_only:
            messages.warning(request, _("Without a key every browser that calls itself SEB is accepted."))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the form again if the change came too late."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except setup.SetupError:
            messages.error(request, _("Not saved: the exam was changed in the meantime. Repeat your change."))
            return HttpResponseRedirect(request.get_full_path())


@admin.register(SebSession)
class SebSessionAdmin(LabelledAdmin):
    """Who has proved the browser, and a way to end that."""

    list_display = (
        "username",
        "course_id",
        "content_id",
        "proof",
        "is_replayable",
        "seb_version",
        "last_proof",
        "expires",
        "end_reason",
        "released",
    )
    list_filter = ("proof", "is_replayable", ("end_reason", EndReasonFilter))
    search_fields = ("username",)
    actions = ("end_sessions", "release")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sessions begin with a proof."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether actions are offered; there is no form to change a session."""
        return obj is None and super().has_change_permission(request, obj)

    @admin.action(description=gettext_lazy("End"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: Any) -> None:
        """End sessions: the learners have to prove the browser again."""
        queryset.end("staff", now=timezone.now())

    @admin.action(description=gettext_lazy("Let learners who left the browser in again"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: Any) -> None:
        """Let learners in again, in exams where that is asked for (``on_leave``)."""
        learners = {(row.course_id, row.content_id, row.user_id) for row in queryset.left()}
        for course_id, content_id, user_id in learners:
            release_learner(course_id, content_id, user_id, by=request.user.get_username())
        messages.info(request, _("Let in again: %(number)s.") % {"number": len(learners)})
