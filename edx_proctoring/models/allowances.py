"""The allowance: an exception from the rules of one exam for one learner."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, models, router, transaction
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
from edx_proctoring.models.locking import locked_row

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


def users_named(names: Collection[str]) -> dict[str, list[int]]:
    """Return, for each name, the ids of the users whom it may mean; none, one, or several.

    A username comes before an e-mail address, and an exact spelling before another one. Upper and lower case are the
    same on every database. At most four queries, one where all names are usernames, spelt exactly.
    """
    fields, users = ("username", "email"), get_user_model().objects
    spelt = {"username": list(users.filter(username__in=names).values_list("username", "pk")), "email": []}
    by_username = _by_spelling(spelt["username"])
    found = {name: by_username.get(name, []) for name in names}
    others = [name for name, user_ids in found.items() if not user_ids]
    if others:
        spelt["email"] = list(users.filter(email__in=others).values_list("email", "pk"))
        by_address = _by_spelling(spelt["email"])
        found |= {name: by_address.get(name, []) for name in others}
    missing = {name.lower() for name, user_ids in found.items() if not user_ids}
    if missing and connection.vendor != "mysql":
        spelt = {
            field: list(users.annotate(folded=Lower(field)).filter(folded__in=missing).values_list(field, "pk"))
            for field in fields
        }
    folded = {field: _by_spelling((spelling.casefold(), pk) for spelling, pk in rows) for field, rows in spelt.items()}
    for name, user_ids in found.items():
        if not user_ids:
            key = name.casefold()
            found[name] = folded["username"].get(key) or folded["email"].get(key, [])
    return found


def _by_spelling(rows: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    users: dict[str, list[int]] = {}
    for spelling, user_id in rows:
        users.setdefault(spelling, []).append(user_id)
    return users


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


@dataclass(frozen=True, slots=True)
class StoredAllowance:
    """An allowance that was stored. ``action``: ``created`` or ``updated``; ``former_value``: None if it is new."""

    allowance: "ProctoredExamStudentAllowance"
    action: str
    former_value: str | None


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
    def locked(cls, exam_id: int, user_id: int, key: str) -> Self | None:
        """Return the learner's allowance of one key, held until the transaction ends; None if there is none."""
        # By its id: MySQL would also hold the place of a row that is not there, and a second request could not give it.
        allowance_id = (
            cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id, key=key).values_list("pk", flat=True).first()
        )
        return None if allowance_id is None else locked_row(cls.objects.all(), allowance_id)

    @classmethod
    def get_allowances_for_user(cls, exam_id: int, user_id: int) -> models.QuerySet[Self]:
        """Return the learner's allowances in one exam, unordered."""
        return cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id).select_related("user", "proctored_exam")

    @classmethod
    def add_allowance_for_user(
        cls, exam_id: int, user_info: Any, key: str | tuple[str, ...], value: Any
    ) -> tuple[Self, str]:
        """Create or change an allowance; return it and ``'created'`` or ``'updated'``. Otherwise as ``store``."""
        stored = cls.store(exam_id, user_info, key, value)
        # Of this class, which the other return type does not say.
        return cast(Self, stored.allowance), stored.action

    @classmethod
    def store(cls, exam_id: int, user_info: Any, key: str | tuple[str, ...], value: Any) -> StoredAllowance:
        """Create or change an allowance; return what was stored.

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
    def _store(cls, exam_id: int, user_id: int, key: str, value: Any) -> StoredAllowance:
        with transaction.atomic():
            allowance = cls.locked(exam_id, user_id, key)
            if allowance is None:
                try:
                    with transaction.atomic():
                        new = cls.objects.create(proctored_exam_id=exam_id, user_id=user_id, key=key, value=value)
                        return StoredAllowance(new, "created", None)
                except IntegrityError:
                    # A concurrent request created the same allowance, so update it.
                    allowance = cls.locked(exam_id, user_id, key)
                    if allowance is None:
                        raise
            former_value = allowance.value
            allowance.value = value
            allowance.save()
        return StoredAllowance(allowance, "updated", former_value)


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


class RemovedAllowance(TimeStampedModel):
    """When an allowance that was removed had been given.

    Its archive rows, whose columns are those of 6.1.4, do not say. This row belongs to the one of its last state.
    Allowances that 6.1.4 removed have none.

    .. no_pii: ids and a time
    """

    # Without a constraint in the database, because 6.1.4 deletes archive rows without knowing this table.
    last_state = models.OneToOneField(
        ProctoredExamStudentAllowanceHistory, on_delete=models.CASCADE, db_constraint=False, related_name="removal"
    )
    given = models.DateTimeField()

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        db_table = "proctoring_removedallowance"
        verbose_name = "removed allowance"

    def __str__(self) -> str:
        return f"last_state_id={self.last_state_id} given={self.given}"


def remove_all(former: Collection[ProctoredExamStudentAllowance]) -> None:
    """Delete allowances, which the caller has locked, and archive their last states; four queries for any number.

    As with ``update`` of a queryset, signals are not sent.
    """
    given = {allowance.pk: allowance.created for allowance in former}
    with transaction.atomic():
        ProctoredExamStudentAllowanceHistory.objects.bulk_create(
            build_archive(ProctoredExamStudentAllowanceHistory, allowance, id="allowance_id") for allowance in former
        )
        # Read again, because MySQL does not return the keys of what it inserts.
        written_to = router.db_for_write(ProctoredExamStudentAllowanceHistory)
        archived = ProctoredExamStudentAllowanceHistory.objects.using(written_to).filter(allowance_id__in=given)
        last_states = archived.order_by().values("allowance_id").annotate(last=models.Max("pk"))
        RemovedAllowance.objects.bulk_create(
            RemovedAllowance(last_state_id=last, given=given[allowance_id])
            for allowance_id, last in last_states.values_list("allowance_id", "last")
        )
        # Nothing refers to allowances; ``delete`` would archive them once more, one by one.
        allowances = ProctoredExamStudentAllowance.objects.filter(pk__in=given)
        # Not ``allowances.db``, which is the database for reading.
        allowances._raw_delete(router.db_for_write(ProctoredExamStudentAllowance))
