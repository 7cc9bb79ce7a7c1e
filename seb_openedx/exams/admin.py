"""Django admin: exams with Safe Exam Browser, and sessions. Contract: contract/seb-exams#admin."""

from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone

from seb_openedx import conf
from seb_openedx.exam_models import Mode, SebExamConfiguration, SebSession
from seb_openedx.exams import setup
from seb_openedx.exams.forms import SETTING_FIELDS, VERSION_FIELDS, SebExamConfigurationForm
from seb_openedx.exams.release import release_learner
from seb_openedx.exams.requirements import from_row
from seb_openedx.protocol import check_password, decode, lint_settings

_MOST_FINDINGS: Final = 10


@admin.register(SebExamConfiguration)
class SebExamConfigurationAdmin(admin.ModelAdmin):
    """One row per exam. Saving makes its file and key."""

    form = SebExamConfigurationForm
    list_display = ("content_id", "course_id", "mode", "short_key", "modified", "modified_by_username")
    list_filter = ("mode",)
    search_fields = ("content_id",)
    readonly_fields = ("config_key", "source_name", "start_address", "modified", "modified_by_username")
    fieldsets = (
        (None, {"fields": ("course_id", "content_id", "mode", "quit_password", "remove_quit_password", "version")}),
        ("Settings of the browser", {"fields": SETTING_FIELDS}),
        ("Lowest versions", {"fields": VERSION_FIELDS}),
        ("Uploaded file", {"fields": ("upload", "upload_password", "upload_policy", "source_name")}),
        ("Keys", {"fields": ("config_key", "browser_keys", "client_config_keys")}),
        ("Exceptions", {"fields": ("exempt_usernames", "on_leave", "force")}),
        ("State", {"fields": ("start_address", "modified", "modified_by_username")}),
    )

    @admin.display(description="Config Key")
    def short_key(self, row: SebExamConfiguration) -> str:
        """The beginning: the whole key need not be on a list."""
        return row.config_key[:7]

    @admin.display(description="Start page")
    def start_address(self, row: SebExamConfiguration) -> str:
        """The address for computers that have their own settings."""
        return setup.start_address(row) if row.origin else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Addresses and keys belong to an exam: another one gets a row of its own."""
        own = super().get_readonly_fields(request, obj)
        return own if obj is None else ("course_id", "content_id", *own)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows the address of this host."""
        made = super().get_form(request, obj, change=change, **kwargs)
        return type(made.__name__, (made,), {"origin": _origin(request)})

    def save_model(self, request: HttpRequest, obj: SebExamConfiguration, form: Any, change: bool) -> None:
        """Save through ``setup.save``; raises ``SetupError`` if somebody else was faster."""
        row = obj
        if change:
            row = SebExamConfiguration(pk=obj.pk, version=form.cleaned_data["version"])
        saved = setup.save(
            row,
            form.change(),
            origin=_origin(request),
            by=request.user.get_username(),
            force=bool(form.cleaned_data.get("force")),
        )
        obj.pk, obj.version = saved.pk, saved.version
        findings = check_password(form.cleaned_data.get("quit_password") or "")
        if saved.mode == Mode.UPLOAD and saved.config_xml:
            findings += lint_settings(decode(saved.config_xml.encode()).settings)
        for finding in findings[:_MOST_FINDINGS]:
            messages.warning(request, f"{finding.key}: {finding.message}")
        if saved.mode != Mode.OFF and from_row(saved).accepts_name_only:
            messages.warning(request, "Without a key every browser that calls itself SEB is accepted.")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the form again if the change came too late."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except setup.SetupError:
            messages.error(request, "Not saved: the exam was changed meanwhile. Repeat your change.")
            return HttpResponseRedirect(request.get_full_path())


@admin.register(SebSession)
class SebSessionAdmin(admin.ModelAdmin):
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
    list_filter = ("proof", "is_replayable", "end_reason")
    search_fields = ("username",)
    actions = ("end_sessions", "release")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sessions begin with a proof."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether actions are offered; there is no form to change a session."""
        return obj is None and super().has_change_permission(request, obj)

    @admin.action(description="End", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: Any) -> None:
        """End sessions: the learners have to prove the browser again."""
        queryset.end("staff", now=timezone.now())

    @admin.action(description="Let in again who has left the browser", permissions=["change"])
    def release(self, request: HttpRequest, queryset: Any) -> None:
        """Let learners in again whose exams want that (``on_leave``)."""
        learners = {(row.course_id, row.content_id, row.user_id) for row in queryset.left()}
        for course_id, content_id, user_id in learners:
            release_learner(course_id, content_id, user_id, by=request.user.get_username())
        messages.info(request, f"Let in again: {len(learners)}.")


def _origin(request: HttpRequest) -> str:
    return conf.seb.lms_root_url or request.build_absolute_uri("/").rstrip("/")
