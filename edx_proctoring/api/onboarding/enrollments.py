"""The host's enrolments of a course, read one page at a time where the host allows it.

Contract: GET /v1/user_onboarding/status/course_id/{course_id}.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from edx_proctoring import host, runtime
from edx_proctoring.utils.texts import as_text

__all__ = ["get_enrollments_can_take_proctored_exams"]

# A search reads up to so many keys of enrolments at once; if it finds more, they are counted by a query instead.
_MOST_KEYS: Final = 500


def get_enrollments_can_take_proctored_exams(course_id: Any, text_search: str | None = None) -> Any:
    """Return the enrolments that may take proctored exams, as the host's service returns them; None without it."""
    enrollments: host.EnrollmentsService | None = runtime.get_runtime_service(host.ENROLLMENTS)
    if enrollments is None:
        return None
    return enrollments.get_enrollments_can_take_proctored_exams(as_text(course_id), text_search)


class Enrollments:
    """What the host's enrolment service returned: a query, or a list of objects with ``user`` and ``mode``.

    Callers that have to look at every enrolment read only its key and user id, and ``load`` the rest for one page.
    """

    def __init__(self, given: Any) -> None:
        self._query: QuerySet | None = None
        self._list: Sequence[Any] = []
        if isinstance(given, QuerySet) and not given.query.is_sliced and not given.query.combinator:
            # Without any order, a row could appear on two pages or on none.
            self._query = given if given.ordered else given.order_by("pk")
        elif given is not None:
            self._list = list(given)

    def page(self, number: int, size: int, *, is_searched: bool) -> tuple[Page, int]:
        """Return one page of enrolments, and how many enrolments there are in total."""
        if self._query is None:
            paginator: Paginator = Paginator(self._list, size)
            return paginator.get_page(number), paginator.count
        if is_searched:
            # A search compares all names, so it runs once for count and page together if it finds few.
            keys = list(self._query.values_list("pk", flat=True)[: _MOST_KEYS + 1])
            if len(keys) <= _MOST_KEYS:
                found = Paginator(keys, size).get_page(number)
                found.object_list = list(self.load(found.object_list).values())
                return found, len(keys)
        paginator = Paginator(self._query.select_related("user"), size)
        return paginator.get_page(number), paginator.count

    @property
    def identity(self) -> str | None:
        """What the host asks its database, with all values; None if it returned a list, or knows that it finds none."""
        try:
            return None if self._query is None else str(self._query.query)
        except EmptyResultSet:
            return None

    def count(self) -> int:
        """Return how many enrolments there are."""
        return len(self._list) if self._query is None else self._query.count()

    def keys_and_user_ids(self) -> list[tuple[Any, int]]:
        """Return the key and the user id of every enrolment, in order."""
        if self._query is None:
            return [(position, enrollment.user.id) for position, enrollment in enumerate(self._list)]
        return list(self._query.values_list("pk", "user"))

    def users(self) -> Any:
        """Return the ids of all enrolled users, or a subquery for them, for ``user__in`` conditions."""
        if self._query is None:
            return [enrollment.user.id for enrollment in self._list]
        return self._query.order_by().values("user")

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Return ``{key: enrolment}`` in the order of the keys, without those that were deleted meanwhile."""
        if self._query is None:
            return {key: self._list[key] for key in keys}
        keys = list(keys)
        rows = self._query.filter(pk__in=keys).select_related("user") if keys else []
        by_key = {enrollment.pk: enrollment for enrollment in rows}
        return {key: by_key[key] for key in keys if key in by_key}
