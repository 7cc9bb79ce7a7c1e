"""Credit for a course, as the platform's credit app stores it."""

from django.conf import settings
from django.db import models


class CreditRequirement(models.Model):
    """What a learner has to do for credit. Written on publish; ``is_active`` is False once it is no longer required.

    .. no_pii:
    """

    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    namespace = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    display_name = models.CharField(max_length=255, blank=True)
    criteria = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["course", "namespace", "name"], name="demo_requirement_once")]

    def __str__(self) -> str:
        return f"{self.namespace}:{self.name}"


class CreditRequirementStatus(models.Model):
    """One learner's status in one requirement. Without a row nothing has happened yet.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    requirement = models.ForeignKey(CreditRequirement, on_delete=models.CASCADE)
    status = models.CharField(max_length=32)
    reason = models.JSONField(null=True, blank=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "credit requirement statuses"
        constraints = [models.UniqueConstraint(fields=["user", "requirement"], name="demo_requirement_status_once")]

    def __str__(self) -> str:
        return f"user {self.user_id}, requirement {self.requirement_id}: {self.status}"


class CreditRequest(models.Model):
    """The learner has asked a university for credit; their statuses no longer change.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"credit request of user {self.user_id} for course {self.course_id}"


class CreditEligibility(models.Model):
    """All requirements are satisfied: the learner may ask for credit.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "credit eligibilities"
        constraints = [models.UniqueConstraint(fields=["user", "course"], name="demo_eligibility_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} may ask for credit in course {self.course_id}"
