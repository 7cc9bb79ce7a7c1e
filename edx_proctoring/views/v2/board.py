"""The live board of an exam. Contract: contract/rest-v2#board."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import board, sort_orders
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import (
    ListQuery,
    OrderingField,
    SearchField,
    WordField,
    envelope_of,
    page_number_of,
    page_size_of,
)
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import (
    ExamRefSerializer,
    LearnerSerializer,
    MeasureSerializer,
    ProviderSerializer,
)

__all__ = ["BoardOfExam"]

_PAGE_SIZE: Final = 50


class BoardOrderingField(OrderingField):
    """As the other orderings, or the last contact alone: True for the latest first, False for the latest last."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__({**sort_orders.LIVE_BOARD, board.LAST_CONTACT: None}, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return terms, or whether the latest contact comes first."""
        word = str(data).strip()
        if word.removeprefix("-") == board.LAST_CONTACT:
            return word.startswith("-")
        if board.LAST_CONTACT in word:
            # It is in the cache, so the database cannot combine it with others.
            self.fail("unknown", word=word, words=", ".join(self.columns))
        return super().to_internal_value(data)


class BoardQuery(ListQuery):
    """Which learners of the exam are shown."""

    show = WordField(board.SHOWN, default="all")
    search = SearchField(required=False)
    ordering = BoardOrderingField(required=False)


class BoardExamSerializer(ExamRefSerializer):
    """The exam of a board."""

    provider = ProviderSerializer(allow_null=True)
    due_date = serializers.DateTimeField(allow_null=True)
    time_limit_minutes = serializers.IntegerField()


class BoardCountsSerializer(serializers.Serializer):
    """How many learners are where; ``silent`` is null if it is unknown."""

    by_status = serializers.DictField(child=serializers.IntegerField())
    in_exam = serializers.IntegerField()
    paused = serializers.IntegerField()
    silent = serializers.IntegerField(allow_null=True)
    ending_soon = serializers.IntegerField()
    help = serializers.IntegerField()
    waiting = serializers.IntegerField()
    # As a declared field it does not replace the attribute of REST framework.
    errors = serializers.IntegerField()  # type: ignore[assignment]
    to_review = serializers.IntegerField()
    overdue_reviews = serializers.IntegerField()
    effects_due = serializers.IntegerField()
    effects_failed = serializers.IntegerField()


class BoardRowSerializer(serializers.Serializer):
    """One learner."""

    attempt_id = serializers.IntegerField()
    user = LearnerSerializer()
    status = serializers.CharField()
    paused = serializers.BooleanField()
    started_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    time_remaining_seconds = serializers.FloatField(allow_null=True)
    extended_minutes = serializers.IntegerField()
    contact = serializers.CharField()
    last_contact_at = serializers.DateTimeField(allow_null=True)
    help = serializers.IntegerField(allow_null=True)
    waiting = serializers.IntegerField(allow_null=True)
    notes = serializers.IntegerField()
    outage = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)
    actions = serializers.ListField(child=serializers.CharField())


class BoardSerializer(serializers.Serializer):
    """The board with one page of learners."""

    exam = BoardExamSerializer()
    as_of = serializers.DateTimeField()
    refresh_seconds = serializers.IntegerField()
    counts = BoardCountsSerializer()
    measures = MeasureSerializer(many=True)
    is_contact_known = serializers.BooleanField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    num_pages = serializers.IntegerField()
    current_page = serializers.IntegerField()
    start = serializers.IntegerField()
    results = BoardRowSerializer(many=True)


class BoardOfExam(StaffView):
    """GET: who is where in the exam, now."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "exams_board",
            "Show who is where in an exam, now.",
            Access.COURSE,
            queries=12,
            query=BoardQuery,
            response=BoardSerializer,
            has_etag=True,
            volatile=frozenset({"as_of", "time_remaining_seconds", "last_contact_at"}),
        )
    }

    def get(self, request: Request, exam_id: int) -> Response:
        """Return the board."""
        ordering = self.query.get("ordering")
        is_by_contact = isinstance(ordering, bool)
        found = board.exam_board(
            exam_id,
            now=timezone.now(),
            page=page_number_of(request),
            page_size=page_size_of(request, default=_PAGE_SIZE),
            show=self.query["show"],
            search=self.query.get("search"),
            ordering=None if is_by_contact else ordering,
            by_contact=ordering if is_by_contact else None,
        )
        envelope = envelope_of(found.page, request)
        return self.reply(
            {
                "exam": found.exam,
                "as_of": found.as_of,
                "refresh_seconds": found.refresh_seconds,
                "counts": found.counts,
                "measures": found.measures,
                "is_contact_known": found.is_contact_known,
                **envelope,
            }
        )
