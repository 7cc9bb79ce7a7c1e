"""How verdicts, states, times and attempts are written on pages."""

from __future__ import annotations

from flask import Blueprint
from markupsafe import Markup

from mock_provider.store import Row

VERDICTS = {
    "passed": ("Passed", "No rule was broken."),
    "violation": ("Rules violation", "A rule of the exam was broken."),
    "suspicious": ("Suspicious", "Something needs another look by the course team."),
    "not_reviewed": ("Not reviewed", "The recording could not be reviewed."),
}
CONSTRUCTOR_MESSAGES = {
    "agreement": "Agreement accepted",
    "scheduled": "Time booked",
    "canceled": "Booking canceled",
    "warning": "Live warning",
    "draft": "Review without a conclusion",
    "badly_signed": "Review with a wrong signature",
}
STATUSES = {
    "created": "Set-up not finished",
    "started": "Exam running",
    "submitted": "Submitted",
    "error": "Ended with an error",
}


def verdict_label(status: str | None) -> str:
    """A verdict; one that we do not know is shown as it is."""
    if status is None:
        return "No verdict yet"
    return VERDICTS[status][0] if status in VERDICTS else status


def status_label(status: str) -> str:
    """The status of an attempt; one that we do not know is shown as it is."""
    return STATUSES.get(status, status)


def learner_name(attempt: Row) -> str:
    """The learner's name, or the id when there is none."""
    return str(attempt["full_name"] or attempt["user_id"])


def attempt_details(attempt: Row) -> str:
    """What distinguishes an attempt from those of other learners with the same name."""
    return ", ".join(filter(None, (attempt["email"], f"attempt {attempt['id'][:8]}")))


def moment(text: str | None) -> str:
    """A stored time as HTML, to the minute."""
    if not text:
        return "-"
    return Markup('<time datetime="{}">{} UTC</time>').format(text, text[:16].replace("T", " "))


def add_filters(blueprint: Blueprint) -> None:
    """Make the labels available in templates, under the names of the functions."""
    for function in (verdict_label, status_label, learner_name, attempt_details, moment):
        blueprint.add_app_template_filter(function)
