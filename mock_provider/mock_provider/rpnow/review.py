"""The review callback about an attempt, with every member that the vendor sends.

Contract: contract/rpnow#review-conversion, contract/mock-provider#rpnow-wire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

WRONG_LOCATOR = "00000000-0000-0000-0000-000000000000"
VERDICTS = {
    "passed": "Clean",
    "violation": "Rules Violation",
    "suspicious": "Suspicious",
    "not_reviewed": "Not Reviewed",
}


def review_document(
    registration: Mapping[str, Any], review: Mapping[str, Any], *, locator: str, now: datetime
) -> dict[str, Any]:
    """A review of the REST protocol in the words of RPNow.

    ``registration``: the row of the attempt. ``review``: ``status``, ``comments``, and ``reviewed_by`` if a person
    signed; a status that RPNow does not know is sent unchanged. ``locator``: the scenario's ``rpnow.locator``.
    """
    document, attempt_id = registration["document"], registration["attempt_id"]
    extra = document["orgExtra"]
    half = "AM" if now.hour < 12 else "PM"
    word = VERDICTS.get(review["status"], review["status"])
    result = {
        "examDate": f"{now:%b} {now.day:2d} {now:%Y} {now.hour % 12 or 12:2d}:{now:%M}{half}",
        "examProcessingStatus": "Review Completed",
        "examTakerEmail": extra.get("email") or "",
        "examTakerFirstName": extra.get("firstName", ""),
        "examTakerLastName": extra.get("lastName", ""),
        "keySetVersion": "",
        "userPhotoBase64String": "",
        "overAllComments": "",
        "examApiData": dict(document),
        "examMetaData": {
            "examCode": document["examCode"],
            "examName": document.get("examName", ""),
            "examSponsor": document.get("examSponsor", ""),
            "organization": document.get("organization", ""),
            "reviewedExam": str(bool(document.get("reviewedExam"))),
            "reviewerNotes": document.get("reviewerNotes", ""),
            "simulatedExam": "False",
            "ssiExamToken": hashlib.sha256(document["examCode"].encode()).hexdigest()[:32].upper(),
            "ssiProduct": document.get("ssiProduct", ""),
            **_record_locator(attempt_id, locator),
        },
        "reviewStatus": word,
        "videoReviewLink": f"{registration['base_url']}/rpnow/recording/DirectLink-Generic?id={attempt_id}",
        "webCamComments": [
            {
                "comments": item.get("comment", ""),
                "duration": item.get("duration", max(item.get("stop", 0) - item.get("start", 0), 0)),
                "eventStart": item.get("start", 0),
                "eventFinish": item.get("stop", 0),
                "eventStatus": word,
            }
            for item in review["comments"]
        ],
        "desktopComments": [
            {
                "comments": "No other program was used",
                "duration": 0,
                "eventStart": 0,
                "eventFinish": 0,
                "eventStatus": "Clean",
            }
        ],
    }
    if "reviewed_by" in review:
        result["reviewed_by"] = review["reviewed_by"]
    return result


def _record_locator(attempt_id: str, kind: str) -> dict[str, str]:
    if kind == "missing":
        return {}
    # In the other letter case than at registration: the LMS must ignore case.
    return {"ssiRecordLocator": WRONG_LOCATOR if kind == "wrong" else attempt_id.swapcase()}
