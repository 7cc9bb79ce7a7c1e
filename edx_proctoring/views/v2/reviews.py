"""Reviews for the course team, and the second look. Contract: contract/rest-v2#reviews-list."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import lookup
from edx_proctoring.api.course_staff import attempt_search, review_list
from edx_proctoring.api.reviews.deciding import decide_review
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import IdsField, ListQuery, SearchField, WordField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import DecisionSerializer, ReviewDetailSerializer, ReviewSerializer

__all__ = ["ReviewDecision", "ReviewOfAttempt", "ReviewsOfCourse"]

_VERDICTS: Final = (Status.verified, Status.rejected)


class ReviewsQuery(ListQuery):
    """Filters of the list of reviews."""

    state = WordField(choices=review_list.STATES, required=False)
    exam = IdsField(required=False)
    search = SearchField(required=False)


class ReviewsOfCourse(StaffView):
    """GET: reviews of a course."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "reviews_list",
            "List the reviews of a course; by default those that wait for a person, the oldest first.",
            Access.COURSE,
            queries=8,
            query=ReviewsQuery,
            response=ReviewSerializer,
            is_list=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of reviews."""
        reviews = review_list.reviews_of_course(
            course_id,
            state=self.query.get("state", review_list.OPEN),
            exam_ids=self.query.get("exam"),
            search=self.query.get("search"),
        )
        return self.reply_rows(reviews, review_list.review_rows)


class ReviewOfAttempt(StaffView):
    """GET: the review of an attempt, with its comments."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "reviews_read",
            "Read the review of an attempt with the reviewers' comments.",
            Access.COURSE,
            queries=8,
            response=ReviewDetailSerializer,
            problems=("no_review",),
        )
    }

    def get(self, request: Request, attempt_id: int) -> Response:
        """Return the review."""
        return self.reply(review_list.review_of_attempt(attempt_id))


class DecisionRequest(serializers.Serializer):
    """A verdict. ``expected_status``: the status in which the caller saw the attempt."""

    verdict = WordField(choices=_VERDICTS)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    expected_status = WordField(choices=attempt_search.STATUSES)


class ReviewDecision(StaffView):
    """POST: decide a review."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "reviews_decide",
            "Decide a review; later reviews of the provider no longer change the attempt.",
            Access.REVIEW,
            queries=40,
            request=DecisionRequest,
            response=DecisionSerializer,
            problems=("no_review", "conflict", "illegal_transition"),
        )
    }

    def reviewed(self) -> Mapping[str, Any]:
        """Return the attempt."""
        return attempt_dict(lookup.find_for(caller(self.request), self.kwargs["attempt_id"]))

    @idempotent
    def post(self, request: Request, attempt_id: int) -> Response:
        """Decide, and return what became of the attempt."""
        body: Mapping[str, Any] = self.body()
        decision = decide_review(
            attempt_id,
            body["verdict"],
            by=caller(request),
            comment=body.get("comment", ""),
            expected_status=body["expected_status"],
        )
        review = review_list.review_of_attempt(attempt_id)
        return self.reply({"attempt_id": decision.attempt_id, "status": decision.status, "review": review})
