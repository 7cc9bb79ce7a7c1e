"""Versions of exams and templates, so that no change overwrites one that its author has not seen.

Contract: contract/seb-rest#exam-versions.
"""

from django.utils.http import parse_etags
from rest_framework.request import Request

from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration

Row = SebExamConfiguration | SebConfigTemplate


def etag(row: Row | None) -> str:
    """Return the tag of a version; ``"0"`` without a row."""
    # With the id, because a new row begins with version 1 again.
    return '"0"' if row is None else f'"{row.pk}.{row.version}"'


def check_preconditions(request: Request, row: Row | None) -> None:
    """Raise ``precondition_failed`` if the caller has seen another version. The service looks again under its lock."""
    wanted, unwanted = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    fails = unwanted is not None and _fits(unwanted, row)
    if fails or (wanted is not None and not _fits(wanted, row)):
        raise ProblemError("precondition_failed", headers={"ETag": etag(row)})


def _fits(header: str, row: Row | None) -> bool:
    # Compression on the way makes a tag weak, which changes nothing about the version that it names.
    tags = [tag.removeprefix("W/") for tag in parse_etags(header)]
    return etag(row) in tags or (row is not None and "*" in tags)
