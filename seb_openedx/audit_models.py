"""The tables of refusals and bans. Contract: contract/seb-audit#tables.

No foreign keys: users and exams belong to other apps.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from opaque_keys.edx.django.models import CourseKeyField


class Decision(models.TextChoices):
    """What was decided about a learner."""

    REFUSED = "refused", _("Refused")
    GRANTED = "granted", _("Granted")
    BANNED = "banned", _("Banned")
    UNBANNED = "unbanned", _("Let in again")
    RELEASED = "released", _("Released")


class SebAccessLog(models.Model):
    """What was decided about a learner, when and why.

    A row per refusal, per first proof of a session, per ban and its end. A refusal that repeats within a minute of
    ``created`` grows ``count`` and ``last_seen``. Keys are never stored: hashes as received, and the beginnings of the
    keys that would have matched.

    .. pii: learner, who acted, address in the network if the operator says so, and how the browser identifies itself
    .. pii_types: username, id, ip
    .. pii_retirement: local_api
    """

    id = models.BigAutoField(primary_key=True)
    created = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    decision = models.CharField(max_length=16, choices=Decision.choices)
    # A word of ``reasons.Reason``; empty for decisions of other kinds.
    reason = models.CharField(max_length=32, blank=True, default="")
    user_id = models.IntegerField(null=True, blank=True)
    username = models.CharField(max_length=150, blank=True, default="")
    # Who banned, let in or released; empty where nobody did.
    actor_username = models.CharField(max_length=150, blank=True, default="")
    course_id = CourseKeyField(max_length=255)
    content_id = models.CharField(max_length=255, blank=True, default="")
    method = models.CharField(max_length=16, blank=True, default="")
    path = models.CharField(max_length=512, blank=True, default="")
    view_name = models.CharField(max_length=255, blank=True, default="")
    seb_version = models.CharField(max_length=100, blank=True, default="")
    user_agent = models.CharField(max_length=256, blank=True, default="")
    received_config_hash = models.CharField(max_length=64, blank=True, default="")
    received_request_hash = models.CharField(max_length=64, blank=True, default="")
    # {"config_keys": [...], "browser_keys": [...]}, seven characters each
    expected_prefixes = models.JSONField(default=dict, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        app_label = "seb_openedx"
        indexes = [
            # "Who was refused in this course lately?"
            models.Index(fields=["course_id", "created"], name="seb_openedx_log_course"),
            # "Was this learner refused a moment ago?", with each refusal; and "what happened to this learner?"
            models.Index(fields=["username", "course_id", "created"], name="seb_openedx_log_username"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.reason} {self.course_id}"


class SebBanState(models.Model):
    """How close a learner is to a ban from a course, and when a ban ends by itself.

    No row: no refusal has counted. ``banned_until`` NULL: no ban, or one without an end.

    .. pii: learner
    .. pii_types: username
    .. pii_retirement: local_api
    """

    username = models.CharField(max_length=150)
    course_id = CourseKeyField(max_length=255)
    strikes = models.PositiveIntegerField(default=0)
    window_start = models.DateTimeField(null=True, blank=True)
    last_strike = models.DateTimeField(null=True, blank=True)
    banned_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        app_label = "seb_openedx"
        # Two refusals at once count in one row.
        unique_together = (("username", "course_id"),)

    def __str__(self) -> str:
        return f"{self.username} {self.course_id}"


class SebBanPolicy(models.Model):
    """When refusals ban in one course, beside the row of its configuration, whose columns are published.

    NULL: as the setting says.

    .. no_pii:
    """

    course_id = CourseKeyField(max_length=255, unique=True)
    threshold = models.PositiveIntegerField(null=True, blank=True)
    window_seconds = models.PositiveIntegerField(null=True, blank=True)
    duration_seconds = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        app_label = "seb_openedx"

    def __str__(self) -> str:
        return str(self.course_id)
