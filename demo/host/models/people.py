"""Profiles, course roles, enrolments and verified names of users."""

from django.conf import settings
from django.db import models


class UserProfile(models.Model):
    """A user's full name and country, the platform's ``auth_userprofile``.

    Like there, the credit service raises for a user without a profile.

    .. pii: Full name and country of an invented person
    .. pii_types: name, location
    .. pii_retirement: local_api
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    name = models.CharField(max_length=255)
    country = models.CharField(max_length=2, blank=True)
    persona = models.CharField(max_length=255, blank=True, help_text="What this person shows on the start page.")

    def __str__(self) -> str:
        return f"profile of user {self.user_id}"


class CourseRole(models.Model):
    """A person's team membership in one course: ``staff`` or ``instructor``.

    .. no_pii:
    """

    STAFF = "staff"
    INSTRUCTOR = "instructor"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    role = models.CharField(max_length=16, choices=[(STAFF, "Staff"), (INSTRUCTOR, "Instructor")])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course", "role"], name="demo_role_once")]

    def __str__(self) -> str:
        return f"user {self.user_id}: {self.role} of course {self.course_id}"


class Enrollment(models.Model):
    """A learner's enrolment in a course. ``is_active`` is False after they have left.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    mode = models.CharField(max_length=32, default="audit")
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course"], name="demo_enrollment_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} in course {self.course_id}: {self.mode}"


class VerifiedName(models.Model):
    """A name checked against an identity document, newest row first.

    .. pii: Verified name of an invented person
    .. pii_types: name
    .. pii_retirement: local_api
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    verified_name = models.CharField(max_length=255)
    profile_name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=32, default="approved")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-id"]

    def __str__(self) -> str:
        return f"verified name of user {self.user_id}: {self.status}"
