"""``/exams/registration/``: RPNow registers an exam of one learner.

Contract: contract/rpnow#registration-body, contract/rpnow#password-cipher, contract/rpnow#canonical-body,
contract/mock-provider#rpnow-wire.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.request_data import base_url, json_body
from mock_provider.responses import error
from mock_provider.rpnow.password import CipherMissing, decrypt_password
from mock_provider.rpnow.signature import Account, BadRegistration, verify

log = logging.getLogger(__name__)

REQUIRED = ("examCode", "examPassword", "examUrl", "examName", "organization", "duration", "orgExtra")
TEXTS = ("examCode", "examPassword", "examUrl", "examName")

blueprint = Blueprint("rpnow_registration", __name__)


@blueprint.post("/exams/registration/")
def register() -> Response:
    """Check signature and password, answer with a record locator."""
    document = json_body()
    if not isinstance(document, dict):
        return error("the body must be a JSON object", 400)
    try:
        account = verify(
            document,
            request.headers.get("Authorization", ""),
            request.headers.get("Date", ""),
            _accounts_in_force(),
            now=datetime.now(tz=UTC),
        )
        _require_complete(document)
        if decrypt_password(document["examPassword"], account.crypto_key) != document["examCode"]:
            raise BadRegistration("examPassword is not the examCode in encrypted form")
    except BadRegistration as problem:
        log.warning("registration refused: reason=%s", problem)
        return error(str(problem), problem.status)
    except CipherMissing as problem:
        log.error("registration not checked: reason=%s", problem)
        return error(str(problem), 500)
    locator = str(uuid.uuid4()).upper()
    _save(locator, document)
    return jsonify(ssiRecordLocator=locator)


def _accounts_in_force() -> Mapping[str, Account]:
    """The accounts, with other secrets while the scenario says that ours and the LMS's differ."""
    accounts = components().rpnow_accounts
    if not components().control.scenario.rpnow.other_secret:
        return accounts
    return {
        key_id: Account(account.secret_key + "-changed", account.crypto_key) for key_id, account in accounts.items()
    }


def _require_complete(document: Mapping[str, Any]) -> None:
    missing = [name for name in REQUIRED if not document.get(name)]
    if missing:
        raise BadRegistration(f"missing: {', '.join(missing)}")
    if not isinstance(document["orgExtra"], dict) or not all(isinstance(document[name], str) for name in TEXTS):
        raise BadRegistration(f"orgExtra must be an object; {', '.join(TEXTS)} must be texts")
    try:
        scheme = urlsplit(document["examUrl"]).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise BadRegistration("examUrl must be a web address")


def _save(locator: str, document: Mapping[str, Any]) -> None:
    store, extra, host = components().store, document["orgExtra"], _host_of(document["examUrl"])
    # Exams have no id of their own at this vendor. One per exam of a platform lets the reviewer desk group attempts.
    exam_id = "rpnow-" + hashlib.sha256(f"{host} {extra.get('examID')}".encode()).hexdigest()[:26]
    store.save_exam(
        exam_id,
        {
            "course_id": extra.get("courseID"),
            "exam_name": document["examName"],
            "is_practice_exam": not document.get("reviewedExam", True),
        },
    )
    store.add_attempt(
        exam_id,
        {
            "user_id": f"exam code {document['examCode'][:8]}",
            "full_name": " ".join(str(extra[name]) for name in ("firstName", "lastName") if extra.get(name)),
            "email": str(extra["email"]) if extra.get("email") else None,
            "lms_host": host,
            "status": "created",
            "time_limit_mins": document["duration"],
            "review_policy": document.get("reviewerNotes"),
        },
        attempt_id=locator,
    )
    store.add_registration(locator, document["examCode"], document, base_url())


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
