"""Which reviews are understood."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring.api.reviews.payload import ReviewComment, parse_review
from edx_proctoring.exceptions import ReviewNotUnderstood

pytestmark = pytest.mark.contract("reviews#payload")

COMMENT = {"comment": "c", "status": "s"}


def test_a_full_review_is_parsed_into_all_its_parts():
    review = parse_review(
        {
            "status": "passed",
            "comments": [{**COMMENT, "start": 1, "stop": 2, "duration": 3}],
            "payload": {"videoReviewLink": "http://v.test"},
        }
    )
    assert review.status == "passed"
    assert review.comments == (ReviewComment(start=1, stop=2, duration=3, comment="c", status="s"),)
    assert review.video_url == "http://v.test"


@pytest.mark.parametrize("comments", [None, [], ()])
def test_an_empty_list_of_comments_gives_none(comments):
    assert parse_review({"status": "passed", "comments": comments}).comments == ()


def test_a_review_without_comments_gives_none():
    assert parse_review({"status": "passed"}).comments == ()


@pytest.mark.parametrize(
    ("value", "seconds"), [(5, 5), (5.9, 5), ("5", 5), ("5.9", 5), (None, 0), (0, 0), (-3, -3), (2**31 - 1, 2**31 - 1)]
)
@pytest.mark.parametrize("key", ["start", "stop", "duration"])
def test_seconds_are_whole_numbers_of_any_spelling(key, value, seconds):
    (comment,) = parse_review({"status": "passed", "comments": [{**COMMENT, key: value}]}).comments
    assert getattr(comment, key) == seconds


@pytest.mark.parametrize("payload", [None, {}, [], "text", {"videoReviewLink": None}, {"videoReviewLink": 5}], ids=str)
def test_a_payload_without_a_link_gives_no_recording(payload):
    assert parse_review({"status": "passed", "payload": payload}).video_url is None


@pytest.mark.parametrize(
    ("review", "reason"),
    [
        pytest.param(None, "does not review", id="provider-without-reviews"),
        pytest.param([], "object", id="a-list"),
        pytest.param("passed", "object", id="a-word"),
        pytest.param({}, "'status'", id="no-status"),
        pytest.param({"status": 5}, "'status'", id="status-is-a-number"),
        pytest.param({"status": "passed", "comments": "c"}, "'comments'", id="comments-are-a-text"),
        pytest.param({"status": "passed", "comments": {"a": 1}}, "'comments'", id="comments-are-an-object"),
        pytest.param({"status": "passed", "comments": ["c"]}, "Comment 1", id="a-comment-is-a-text"),
        pytest.param({"status": "passed", "comments": [COMMENT, {"status": "s"}]}, "'comment' of comment 2", id="text"),
        pytest.param({"status": "passed", "comments": [{"comment": "c"}]}, "'status' of comment 1", id="no-heading"),
        pytest.param(
            {"status": "passed", "comments": [{**COMMENT, "status": "s" * 256}]}, "255", id="heading-too-long"
        ),
        *(
            pytest.param(
                {"status": "passed", "comments": [{**COMMENT, "start": value}]}, "'start'", id=f"start-{value!r}"
            )
            for value in ("soon", [], {}, True, 2**31, float("inf"), float("nan"), "")
        ),
    ],
)
def test_a_malformed_review_is_refused_with_its_reason(review, reason):
    with pytest.raises(ReviewNotUnderstood, match=reason) as caught:
        parse_review(review)
    assert caught.value.http_status == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["status", "comments", "comment", "start"]), inner),
    max_leaves=20,
)


@given(review=json_values)
def test_any_json_is_parsed_or_refused(review: Any):
    try:
        parsed = parse_review(review)
    except ReviewNotUnderstood:
        return
    assert isinstance(parsed.status, str)
