"""Learners' answers: the saved one per problem, and each submission."""

from django.conf import settings
from django.db import models


class LearnerState(models.Model):
    """The saved answer of one learner to one problem (``state``: answer, correct, attempts).

    .. pii: Answers typed by an invented person
    .. pii_types: other
    .. pii_retirement: local_api
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey("demo_host.CourseRun", on_delete=models.CASCADE)
    usage_key = models.CharField(max_length=255)
    state = models.JSONField(default=dict)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "usage_key"], name="demo_state_once")]

    def __str__(self) -> str:
        return f"state of user {self.user_id} in {self.usage_key}"


class Submission(models.Model):
    """One submitted answer. Resetting the learner's attempt deletes them.

    .. pii: Answers typed by an invented person
    .. pii_types: other
    .. pii_retirement: local_api
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    usage_key = models.CharField(max_length=255, db_index=True)
    answer = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"submission of user {self.user_id} to {self.usage_key}"
