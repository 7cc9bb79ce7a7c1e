"""The host's enrolments: a table with a row per learner, queried as on the platform."""

from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q, QuerySet


class Enrollment(models.Model):
    """One learner in one course. Not migrated; ``create_table`` creates it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    course_id = models.CharField(max_length=255, db_index=True)
    mode = models.CharField(max_length=100, default="verified")
    is_active = models.BooleanField(default=True)

    class Meta:
        app_label = "mock_apps"
        managed = False
        db_table = "bench_enrollment"

    def __str__(self) -> str:
        return f"{self.course_id}: {self.user_id}"


def create_table() -> None:
    """Create the table."""
    with connection.schema_editor() as editor:
        editor.create_model(Enrollment)


class EnrollmentsService:
    """The host service that the lists of learners are built from."""

    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None = None
    ) -> QuerySet[Enrollment]:
        """Return the active, verified enrolments of a course, unordered."""
        found = Enrollment.objects.filter(course_id=str(course_id), is_active=True, mode__in=["verified"])
        if text_search:
            found = found.filter(Q(user__username__icontains=text_search) | Q(user__email__icontains=text_search))
        return found.select_related("user")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the bench's enrollments service has no {name}")
