"""The allowance: an exception from the rules of one exam for one learner."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_noop
from model_utils.models import TimeStampedModel

from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    UserNotFoundException,
)
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.history import build_archive

# A time limit plus an allowance of this size still fits into the column of an attempt, and yields a valid date.
MAX_MINUTES: Final = 10**9


def user_ids_by_name(names: Collection[str]) -> dict[str, int]:
    """Return the ids of the users with these usernames or e-mail addresses; unknown names are left out.

    Usernames win over addresses, and exact spellings over others: upper and lower case are the same on
    every database, unless that leaves more than one user. At most four queries, two where all names
    are spelt exactly.
    """
    users = get_user_model().objects
    # Case matters here on some databases and not on others, so the answers are compared once more.
    found = [
        dict(users.filter(**{f"{field}__in": names}).order_by("-pk").values_list(field, "pk"))
        for field in ("username", "email")
    ]
    resolved = _matches(names, found)
    missing = {name.lower() for name in names if name not in resolved}
    if missing and connection.vendor != "mysql":
        found = [
            dict(
                users.annotate(folded=Lower(field)).filter(folded__in=missing).order_by("-pk").values_list(field, "pk")
            )
            for field in ("username", "email")
        ]
        resolved |= _matches([name for name in names if name not in resolved], found)
    return resolved


def _matches(names: Collection[str], found: Sequence[Mapping[str, int]]) -> dict[str, int]:
    resolved: dict[str, int] = {}
    for by_spelling in reversed(found):
        by_folded: dict[str, set[int]] = {}
        for spelling, user_id in by_spelling.items():
            by_folded.setdefault(spelling.casefold(), set()).add(user_id)
        for name in names:
            candidates = by_folded.get(name.casefold(), set())
            if name in by_spelling:
                resolved[name] = by_spelling[name]
            elif len(candidates) == 1:
                resolved[name] = next(iter(candidates))
    return resolved


class QuerySetWithUpdateOverride(models.QuerySet["ProctoredExamStudentAllowance"]):
    """A queryset whose ``update`` archives the former rows."""

    def update(self, **kwargs: Any) -> int:
        """Update the matched rows, archive their former states, return the number of rows.

        Takes three statements for any number of rows. ``bulk_update`` calls it too.
        """
        with transaction.atomic(using=self.db):
            former = list(self.order_by().select_for_update())
            matched: int = super().update(**kwargs)
            ProctoredExamStudentAllowanceHistory.objects.using(self.db).bulk_create(
                build_archive(ProctoredExamStudentAllowanceHistory, allowance, id="allowance_id")
                for allowance in former
            )
        return matched

    update.alters_data = True  # type: ignore[attr-defined]


class ProctoredExamStudentAllowanceManager(
    models.Manager.from_queryset(QuerySetWithUpdateOverride)  # type: ignore[misc]
):
    """All allowances."""


class ProctoredExamStudentAllowance(TimeStampedModel):
    """Extra time, or an exception for the reviewers, for one learner in one exam.

    One row per learner, exam and key. Two keys, the class constants below, have a meaning here; any other is only
    stored. Former states go to ``ProctoredExamStudentAllowanceHistory``.

    .. pii: allowances may contain free-form text about the learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    # (stored key, label). The keys are data; the labels are shown to staff.
    ADDITIONAL_TIME_GRANTED: ClassVar[tuple[str, str]] = (
        "additional_time_granted",
        gettext_noop("Additional Time (minutes)"),
    )
    REVIEW_POLICY_EXCEPTION: ClassVar[tuple[str, str]] = (
        "review_policy_exception",
        gettext_noop("Review Policy Exception"),
    )
    # Contract (contract/allowances#add): a list of one 4-tuple.
    all_allowances: ClassVar[list[tuple[str, str, str, str]]] = [ADDITIONAL_TIME_GRANTED + REVIEW_POLICY_EXCEPTION]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=255)

    objects: ClassVar[ProctoredExamStudentAllowanceManager] = ProctoredExamStudentAllowanceManager()

    class Meta:
        unique_together = (("user", "proctored_exam", "key"),)
        db_table = "proctoring_proctoredexamstudentallowance"
        verbose_name = "proctored allowance"

    def __str__(self) -> str:
        return f"allowance_id={self.pk} exam_id={self.proctored_exam_id} user_id={self.user_id} key={self.key}"

    @classmethod
    def get_allowances_for_course(cls, course_id: str) -> models.QuerySet[Self]:
        """Return all allowances of a course, with learner and exam, unordered."""
        return cls.objects.filter(proctored_exam__course_id=course_id).select_related("user", "proctored_exam")

    @classmethod
    def get_allowance_for_user(cls, exam_id: int, user_id: int, key: str) -> Self | None:
        """Return the learner's allowance of one key, or None."""
        return (
            cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id, key=key)
            .select_related("user", "proctored_exam")
            .first()
        )

    @classmethod
    def get_allowances_for_user(cls, exam_id: int, user_id: int) -> models.QuerySet[Self]:
        """Return the learner's allowances in one exam, unordered."""
        return cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id).select_related("user", "proctored_exam")

    @classmethod
    def add_allowance_for_user(
        cls, exam_id: int, user_info: Any, key: str | tuple[str, ...], value: Any
    ) -> tuple[Self, str]:
        """Create or change an allowance; return it and ``'created'`` or ``'updated'``.

        ``user_info``: an int is a user id and not validated; anything else is looked up as username, then as e-mail
        address. ``key``: the stored key, or one of the class constants. Raises, in this order:
        ``AllowanceValueNotAllowedException``, ``UserNotFoundException``, ``ProctoredExamNotActiveException``. For an
        exam that does not exist, the database raises. Contract: contract/allowances#add.
        """
        stored_key = key[0] if isinstance(key, tuple) and key else str(key)
        if not cls.is_allowance_value_valid(stored_key, value):
            raise AllowanceValueNotAllowedException(f'allowance_value "{value}" should be non-negative integer value.')
        user_id = cls._find_user_id(user_info)
        exam = ProctoredExam.get_exam_by_id(exam_id)
        if exam is not None and not exam.is_active:
            raise ProctoredExamNotActiveException(f"exam_id={exam_id} is not active")
        return cls._store(exam_id, user_id, stored_key, value)

    @classmethod
    def is_allowance_value_valid(cls, allowance_type: str, allowance_value: Any) -> bool:
        """Return whether a value is valid for this kind of allowance: minutes must be a non-negative integer."""
        if allowance_type not in cls.ADDITIONAL_TIME_GRANTED:
            return True
        if isinstance(allowance_value, bool):
            return False
        # ``isdigit`` alone also accepts digits that ``int`` rejects, such as a superscript two.
        text = str(allowance_value)
        if not (text.isascii() and text.isdigit()):
            return False
        # More minutes than the column of an attempt holds would cause a server error when the learner starts.
        digits = text.lstrip("0") or "0"
        return len(digits) <= len(str(MAX_MINUTES)) and int(digits) <= MAX_MINUTES

    @classmethod
    def get_additional_time_granted(cls, exam_id: int, user_id: int) -> int | None:
        """Return the learner's extra minutes, or None, also if the allowance was blanked by a retirement."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.ADDITIONAL_TIME_GRANTED[0])
        if allowance is None or not cls.is_allowance_value_valid(allowance.key, allowance.value):
            return None
        return int(allowance.value)

    @classmethod
    def get_review_policy_exception(cls, exam_id: int, user_id: int) -> str | None:
        """Return what reviewers should allow this learner, or None."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.REVIEW_POLICY_EXCEPTION[0])
        return allowance.value if allowance is not None else None

    @staticmethod
    def _find_user_id(user_info: Any) -> int:
        if isinstance(user_info, int):
            return user_info
        user_id = user_ids_by_name([str(user_info)]).get(str(user_info))
        if user_id is None:
            raise UserNotFoundException(f"Cannot find user against {user_info}")
        return user_id

    @classmethod
    def _store(cls, exam_id: int, user_id: int, key: str, value: Any) -> tuple[Self, str]:
        criteria = {"proctored_exam_id": exam_id, "user_id": user_id, "key": key}
        with transaction.atomic():
            allowance_id = cls.objects.filter(**criteria).values_list("pk", flat=True).first()
            if allowance_id is None:
                try:
                    with transaction.atomic():
                        return cls.objects.create(**criteria, value=value), "created"
                except IntegrityError:
                    # A concurrent request created the same allowance, so update it.
                    allowance_id = cls.objects.filter(**criteria).values_list("pk", flat=True).first()
                    if allowance_id is None:
                        raise
            allowance = cls.objects.select_for_update().get(pk=allowance_id)
            allowance.value = value
            allowance.save()
        return allowance, "updated"


class ProctoredExamStudentAllowanceHistory(TimeStampedModel):
    """A former state of an allowance.

    Written when an allowance is saved again or updated (the old state) or deleted (the last state). ``created`` is the
    time of archiving.

    .. pii: allowances may contain free-form text about the learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    # The id of the allowance.
    allowance_id = models.IntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=255)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        db_table = "proctoring_proctoredexamstudentallowancehistory"
        verbose_name = "proctored allowance history"

    def __str__(self) -> str:
        return f"allowance_id={self.allowance_id} exam_id={self.proctored_exam_id} user_id={self.user_id} (archived)"
