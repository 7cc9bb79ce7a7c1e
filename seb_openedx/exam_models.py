"""The tables of requirements per exam. Contract: contract/seb-exams#tables.

No foreign keys to other apps: exams, attempts and users belong to apps that may be installed without this one.
"""

import secrets
import uuid
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from opaque_keys.edx.django.models import CourseKeyField


class Mode(models.TextChoices):
    """Where the settings of the browser come from."""

    OFF = "off", _("Off: any browser")
    MANUAL = "manual", _("Settings below")
    TEMPLATE = "template", _("Template")
    UPLOAD = "upload", _("Uploaded file")
    CLIENT = "client", _("Set up on the computers")


# Modes in which this host serves the file.
WITH_FILE: Final = (Mode.MANUAL, Mode.TEMPLATE, Mode.UPLOAD)


class TemplateKind(models.TextChoices):
    """What a template consists of."""

    SETTINGS = "settings", _("Settings below")
    XML = "xml", _("Uploaded file")


class UploadPolicy(models.TextChoices):
    """What happens to an uploaded file."""

    ADAPT = "adapt", _("Adapt addresses and quit password to this exam")
    PRESERVE = "preserve", _("Serve it unchanged")


class OnLeave(models.TextChoices):
    """What follows when a learner leaves the browser during the exam."""

    ALLOW = "allow", _("Let the learner in again")
    RELEASE = "release", _("Wait until staff let the learner in again")


class Proof(models.TextChoices):
    """How a client has shown that it is Safe Exam Browser."""

    HEADER_CONFIG_KEY = "header_ck", _("Config Key in a header")
    HEADER_BROWSER_KEY = "header_bek", _("Browser Exam Key in a header")
    SCRIPT_CONFIG_KEY = "js_ck", _("Config Key through JavaScript")
    SCRIPT_BROWSER_KEY = "js_bek", _("Browser Exam Key through JavaScript")
    USER_AGENT = "user_agent", _("Name of the browser only")


def new_public_id() -> str:
    """Return 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_quit_nonce() -> str:
    """Return 22 letters and digits that nobody can guess: who knows the address can end the browser."""
    return secrets.token_urlsafe(16)


class SebConfigTemplate(models.Model):
    """Settings that exams of many courses share. Saving it makes the files of all exams that use it again.

    ``enabled`` False: no further exam can choose it; those that use it keep it. ``version`` as in exams.

    .. pii: names the person who has changed the row last
    .. pii_types: username
    .. pii_retirement: local_api
    """

    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    kind = models.CharField(max_length=16, choices=TemplateKind.choices, default=TemplateKind.SETTINGS)
    # Options of protocol.settings; absent ones have their default.
    settings = models.JSONField(default=dict, blank=True)
    # Of an uploaded file, decrypted.
    xml = models.TextField(blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    modified_by_username = models.CharField(max_length=150, blank=True, default="")
    version = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "seb_openedx"
        verbose_name = _("template for Safe Exam Browser")
        verbose_name_plural = _("templates for Safe Exam Browser")

    def __str__(self) -> str:
        return self.name


class SebExamConfiguration(models.Model):
    """What one exam demands. No row, or mode ``off``: any browser may be used.

    File and key are computed when the row is saved (``setup.save``), never by a request. ``previous_config_keys`` are
    good for learners who have already fetched the earlier file. ``version`` grows with each save: two people who edit
    the row at once notice it.

    .. pii: names the person who has changed the row last, and learners who may use any browser
    .. pii_types: username
    .. pii_retirement: local_api
    """

    course_id = CourseKeyField(max_length=255)
    content_id = models.CharField(max_length=255)
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.MANUAL)
    # Stays when the mode changes, so that it can change back.
    template = models.ForeignKey(
        SebConfigTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="exams"
    )
    # Options of protocol.settings; absent ones have their default, or the template's.
    settings = models.JSONField(default=dict, blank=True)
    min_versions = models.JSONField(default=dict, blank=True)
    quit_password_hash = models.CharField(max_length=64, blank=True, default="")
    # With which learners open the file: encrypted by exams.encryption, because it has to be read again.
    encrypt_password_cipher = models.TextField(blank=True, default="")
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id)
    quit_nonce = models.CharField(max_length=22, default=new_quit_nonce)
    # scheme://host[:port] that the addresses in the file begin with, thus part of the key.
    origin = models.CharField(max_length=255, blank=True, default="")
    upload_policy = models.CharField(max_length=16, choices=UploadPolicy.choices, default=UploadPolicy.ADAPT)
    source_name = models.CharField(max_length=255, blank=True, default="")
    config_xml = models.TextField(blank=True, default="")
    # An uploaded file that is served unchanged.
    served_bytes = models.BinaryField(null=True, blank=True)
    config_key = models.CharField(max_length=64, blank=True, default="")
    # [{"key", "retired_at", "valid_until"}], ISO times
    previous_config_keys = models.JSONField(default=list, blank=True)
    # [{"key", "label", "platform", "version", "active"}]
    browser_keys = models.JSONField(default=list, blank=True)
    # Config Keys of settings that only the school's computers have (mode ``client``).
    client_config_keys = models.JSONField(default=list, blank=True)
    exempt_usernames = models.JSONField(default=list, blank=True)
    on_leave = models.CharField(max_length=16, choices=OnLeave.choices, default=OnLeave.ALLOW)
    modified = models.DateTimeField(auto_now=True)
    modified_by_username = models.CharField(max_length=150, blank=True, default="")
    version = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "seb_openedx"
        verbose_name = _("exam with Safe Exam Browser")
        verbose_name_plural = _("exams with Safe Exam Browser")
        # Two rows of one exam could contradict each other. Also serves "which exams of this course?".
        unique_together = (("course_id", "content_id"),)

    def __str__(self) -> str:
        return f"{self.course_id} {self.content_id}"


# A session that has expired ended by that, whatever happens afterwards.
EXPIRED: Final = "expired"
# Ends of a session that do not mean that the learner has left the browser.
NO_LEAVE: Final = ("submitted", "staff", EXPIRED, "configuration_changed")


class SebSessionQuerySet(models.QuerySet["SebSession"]):
    """Questions about sessions."""

    def open(self) -> "SebSessionQuerySet":
        """Not ended by an event. Whether they have expired is up to the clock."""
        return self.filter(ended__isnull=True)

    def over(self, *, now: datetime) -> "SebSessionQuerySet":
        """Ended by an event or by their age."""
        return self.filter(models.Q(ended__isnull=False) | models.Q(expires__lte=now))

    def left(self) -> "SebSessionQuerySet":
        """Ended because the learner left the browser, and staff have not let the learner in again."""
        return self.filter(ended__isnull=False, released__isnull=True).exclude(end_reason__in=NO_LEAVE)

    def end(self, reason: str, *, now: datetime) -> int:
        """End those that have not ended; return how many. Those that have expired ended by that, not by ``reason``."""
        why = models.Case(models.When(expires__lte=now, then=models.Value(EXPIRED)), default=models.Value(reason))
        return self.open().update(ended=now, end_reason=why)


class SebSession(models.Model):
    """A learner has proved the browser for one exam. Requests that cannot carry a proof refer to it by a cookie.

    Open: ``ended`` is NULL and ``expires`` is ahead. Ended: an event has ended it, ``end_reason`` says which.

    .. pii: learner, how the browser identifies itself, as a hash, and who has let the learner in again
    .. pii_types: username, id
    .. pii_retirement: local_api
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.IntegerField()
    username = models.CharField(max_length=150)
    course_id = CourseKeyField(max_length=255)
    content_id = models.CharField(max_length=255, blank=True, default="")
    session_hash = models.CharField(max_length=64)
    user_agent_hash = models.CharField(max_length=64)
    proof = models.CharField(max_length=16, choices=Proof.choices)
    # The hash was of an address that could be known beforehand: a weaker proof, of a front end on another host.
    is_replayable = models.BooleanField(default=False)
    # The beginning of the key that was proved: enough to tell which sessions a retired key concerns.
    key_prefix = models.CharField(max_length=8, blank=True, default="")
    seb_version = models.CharField(max_length=100, blank=True, default="")
    mismatches = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField()
    last_proof = models.DateTimeField()
    last_seen = models.DateTimeField()
    expires = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=32, blank=True, default="")
    # Staff have let a learner in again who had left the browser (``on_leave`` of the exam).
    released = models.DateTimeField(null=True, blank=True)
    released_by_username = models.CharField(max_length=150, blank=True, default="")
    release_reason = models.CharField(max_length=255, blank=True, default="")

    objects: ClassVar[Any] = SebSessionQuerySet.as_manager()

    class Meta:
        app_label = "seb_openedx"
        indexes = [
            # "Which open sessions has this learner for this exam?", when one ends.
            models.Index(fields=["user_id", "course_id", "content_id", "ended"], name="seb_openedx_session_user"),
            # "Who has proved the browser in this course?", the newest first, by pages.
            models.Index(fields=["course_id", "created"], name="seb_openedx_session_course"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SebStartToken(models.Model):
    """A launch link that was made for one learner and one exam, and may log the learner in (``SEB_LAUNCH_LOGIN``).

    Good: ``used`` is NULL and ``expires`` is ahead. Used: the browser behind the link has proved itself, and no
    other one can be logged in with it.

    .. pii: learner
    .. pii_types: id
    .. pii_retirement: local_api
    """

    # Only the hash is stored, so that a reader of the table cannot log in.
    token_hash = models.CharField(max_length=64, unique=True)
    user_id = models.IntegerField()
    course_id = CourseKeyField(max_length=255)
    content_id = models.CharField(max_length=255)
    created = models.DateTimeField()
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "seb_openedx"
        # Cleaning up, by learner.
        indexes = [models.Index(fields=["user_id", "created"], name="seb_openedx_start_token_user")]

    def __str__(self) -> str:
        return self.token_hash[:8]


class SebChallenge(models.Model):
    """An address that was made up for one check of one learner's browser.

    Waiting: ``used`` is NULL and ``expires`` is ahead. Used: a check was made with it, with success or without, and no
    other one can be.

    .. pii: learner
    .. pii_types: id
    .. pii_retirement: local_api
    """

    # Only the hash is stored, so that a reader of the table cannot answer an open challenge.
    nonce_hash = models.CharField(max_length=64, unique=True)
    user_id = models.IntegerField()
    session_hash = models.CharField(max_length=64)
    course_id = CourseKeyField(max_length=255)
    content_id = models.CharField(max_length=255, blank=True, default="")
    # Where the learner goes afterwards.
    path = models.CharField(max_length=1000, blank=True, default="")
    # Of the start token that logs the learner in after a proof; empty for a learner who is logged in.
    start_token_hash = models.CharField(max_length=64, blank=True, default="")
    created = models.DateTimeField()
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "seb_openedx"
        # "Was this page checked just now?", so that a refused browser is not checked in a circle; and cleaning up.
        indexes = [models.Index(fields=["user_id", "created"], name="seb_openedx_challenge_user")]

    def __str__(self) -> str:
        return self.nonce_hash[:8]
