"""Django admin of the host's own tables."""

from __future__ import annotations

from django.contrib import admin

from demo.host import models


@admin.register(models.CourseRun)
class CourseRunAdmin(admin.ModelAdmin):
    """Courses with their flags."""

    list_display = ["course_id", "display_name", "proctoring_provider", "published_version"]


@admin.register(models.Enrollment)
class EnrollmentAdmin(admin.ModelAdmin):
    """Enrolments with their mode."""

    list_display = ["user", "course", "mode", "is_active"]
    list_filter = ["course", "mode"]
    search_fields = ["user__username"]


@admin.register(models.SiteConfiguration)
class SiteConfigurationAdmin(admin.ModelAdmin):
    """Settings per site."""

    list_display = ["site", "enabled"]


@admin.register(models.TrackingEvent)
class TrackingEventAdmin(admin.ModelAdmin):
    """The tracking log."""

    list_display = ["created", "name"]
    search_fields = ["name"]


@admin.register(models.Task)
class TaskAdmin(admin.ModelAdmin):
    """Tasks of the queue."""

    list_display = ["created", "name", "state"]
    list_filter = ["state", "name"]


@admin.register(models.SubsectionGrade)
class SubsectionGradeAdmin(admin.ModelAdmin):
    """Computed grades."""

    list_display = ["user", "usage_key", "earned_graded", "possible_graded"]


admin.site.register(
    [
        models.BlockCompletion,
        models.Certificate,
        models.CertificateAllowlist,
        models.CourseRole,
        models.CreditEligibility,
        models.CreditRequest,
        models.CreditRequirement,
        models.CreditRequirementStatus,
        models.LearnerState,
        models.Problem,
        models.Section,
        models.Sequence,
        models.ServiceFault,
        models.SubsectionGradeOverride,
        models.SubsectionGradeOverrideChange,
        models.Submission,
        models.SupportTicket,
        models.Unit,
        models.UserProfile,
        models.VerifiedName,
    ]
)
