"""What a learner did in the content: answers, submissions, completion."""

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
    """One hand-in of an answer; a reset of the learner's attempt deletes them.

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


class BlockCompletion(models.Model):
    """0.0 to 1.0: how much of a block a learner has completed.

    .. no_pii:
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    usage_key = models.CharField(max_length=255)
    completion = models.FloatField(default=0.0)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "usage_key"], name="demo_completion_once")]

    def __str__(self) -> str:
        return f"user {self.user_id}, {self.usage_key}: {self.completion}"
