"""``onboarding_statuses``: the onboarding profiles of a course's learners.

Contract: contract/provider-wire#endpoints.
"""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.request_data import base_url, path_as_sent
from mock_provider.store import Row

from .token_required import token_required

# A refusal of registration, and the profile that a learner with this refusal has.
PROFILE_OF_REFUSAL = {
    "onboarding_missing": "no-profile",
    "onboarding_pending": "pending",
    "onboarding_failed": "rejected",
    "onboarding_expired": "expired",
}
PROFILE_OF_VERDICT = {"passed": "approved-in-course", "violation": "rejected", "suspicious": "pending"}
PAGE_SIZE = 50

blueprint = Blueprint("onboarding", __name__, url_prefix="/api/v1/courses/")
blueprint.before_request(token_required)


@blueprint.get("<path:course_id>/onboarding_statuses")
def onboarding_statuses(course_id: str) -> Response:
    """The profile of ``user_id``, or a page of the profiles in the course, filtered by ``status``."""
    store, scenario = components().store, components().control.scenario
    profiles = {row["user_id"]: _profile(row) for row in store.practice_attempts(course_id)}
    for user_id, status in scenario.onboarding.items():
        if user_id != "*":
            profiles[user_id] = PROFILE_OF_REFUSAL.get(status, status)
    if "user_id" in request.args:
        user_id = request.args["user_id"]
        return jsonify(_entry(user_id, profiles.get(user_id, "no-profile")))
    wanted = [status for status in request.args.get("status", "").split(",") if status]
    entries = [_entry(user_id, status) for user_id, status in profiles.items() if not wanted or status in wanted]
    return jsonify(_page_of(entries))


def _profile(attempt: Row) -> str:
    if attempt["verdict"]:
        return PROFILE_OF_VERDICT.get(attempt["verdict"], "no-profile")
    return "pending" if attempt["status"] == "submitted" else "no-profile"


def _entry(user_id: str, status: str) -> dict[str, Any]:
    return {"user_id": user_id, "status": status, "expiration_date": None}


def _page_of(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The page that the request names, with the addresses of the next and the previous one."""
    size = _positive("page_size", PAGE_SIZE)
    pages = max(math.ceil(len(entries) / size), 1)
    page = min(_positive("page", 1), pages)

    def address(number: int) -> str | None:
        if not 1 <= number <= pages:
            return None
        query = urlencode({**request.args, "page": number, "page_size": size})
        return f"{base_url()}{path_as_sent()}?{query}"

    return {
        "results": entries[(page - 1) * size : page * size],
        "count": len(entries),
        "num_pages": pages,
        "next": address(page + 1),
        "previous": address(page - 1),
    }


def _positive(name: str, default: int) -> int:
    """A number of at least 1 in the query; ``default`` when it is missing or not a number of up to six digits."""
    text = request.args.get(name, "")
    return max(int(text), 1) if text.isdecimal() and len(text) <= 6 else default
