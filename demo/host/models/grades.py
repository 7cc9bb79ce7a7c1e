"""Grades of subsections, their overrides, and certificates."""

from django.conf import settings
from django.db import models


class SubsectionGrade(models.Model):
    """Points earned in one subsection, computed from the learner's answers.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    usage_key = models.CharField(max_length=255)
    earned_all = models.FloatField(default=0.0)
    possible_all = models.FloatField(default=0.0)
    earned_graded = models.FloatField(default=0.0)
    possible_graded = models.FloatField(default=0.0)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "usage_key"], name="demo_grade_once")]

    def __str__(self) -> str:
        return f"user {self.user_id}, {self.usage_key}: {self.earned_graded}/{self.possible_graded}"


class SubsectionGradeOverride(models.Model):
    """Points that replace the computed ones while this row exists.

    .. no_pii:
    """

    grade = models.OneToOneField(SubsectionGrade, on_delete=models.CASCADE, related_name="override")
    earned_all_override = models.FloatField(null=True)
    earned_graded_override = models.FloatField(null=True)
    feature = models.CharField(max_length=32, default="PROCTORING")
    overrider = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    override_reason = models.CharField(max_length=300, null=True, blank=True)
    modified = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"override of grade {self.grade_id} by {self.feature}"


class SubsectionGradeOverrideChange(models.Model):
    """One change of an override: who set or removed it, and when.

    .. no_pii:
    """

    grade = models.ForeignKey(SubsectionGrade, on_delete=models.CASCADE, related_name="override_changes")
    action = models.CharField(max_length=16)
    feature = models.CharField(max_length=32)
    overrider_id = models.IntegerField(null=True)
    comment = models.CharField(max_length=300, null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.action} on grade {self.grade_id}"


class Certificate(models.Model):
    """A learner's certificate: ``downloadable``, or ``unavailable`` once invalidated.

    .. no_pii:
    """

    DOWNLOADABLE = "downloadable"
    UNAVAILABLE = "unavailable"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    status = models.CharField(max_length=32, default=DOWNLOADABLE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course"], name="demo_certificate_once")]

    def __str__(self) -> str:
        return f"certificate of user {self.user_id} in course {self.course_id}: {self.status}"


class CertificateAllowlist(models.Model):
    """Learners whose certificate must not be invalidated.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"user {self.user_id} keeps the certificate of course {self.course_id}"
