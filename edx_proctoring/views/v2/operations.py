"""What an operation of version 2 takes and answers, as data. Contract: contract/rest-v2#queries.

Each view lists its operations by HTTP method. The base view validates requests and renders replies by them, and the
OpenAPI document is made of them, so that code and document cannot disagree.
"""

from dataclasses import dataclass
from enum import StrEnum

from rest_framework.serializers import Serializer

__all__ = ["Access", "Operation"]


class Access(StrEnum):
    """Who may call an operation."""

    # Global staff, and staff of the course of every object that is touched.
    COURSE = "course staff"
    # As COURSE, and the learner whose attempt it is.
    COURSE_OR_OWNER = "course staff or the learner"
    # Global staff.
    STAFF = "global staff"
    # Global staff and the provider's reviewers; course staff where ``COURSE_STAFF_DECIDE_REVIEWS`` says so.
    REVIEW = "reviewers"
    # Holders of the host's permission to retire users.
    RETIRE = "who may retire users"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    ``operation_id``: ``<resource>_<verb>``, unique. ``query``, ``request``: what is read from the address and the
    body; a name that they do not have is refused. ``response``: of the status ``status``; None for an empty reply, or
    for a file of the media types ``media_types``.
    ``is_list``: the reply is an envelope of such objects, by pages; ``has_counts``: with ``counts``, status → number.
    ``unfinished``: the reply may also be 202 with the same object, which is not finished then.
    ``has_etag``: the reply has an ``ETag``, and ``If-None-Match`` is heeded; ``volatile``: members that the ETag leaves
    out. ``has_version``: the object has an ``ETag`` that changes with it, and changing it heeds ``If-Match``.
    ``problems``: codes of the refusals that are peculiar to it. ``queries``: the most queries it takes, besides those
    for session and user.
    """

    operation_id: str
    summary: str
    access: Access
    queries: int
    response: type[Serializer] | None
    status: int = 200
    query: type[Serializer] | None = None
    request: type[Serializer] | None = None
    is_list: bool = False
    has_counts: bool = False
    unfinished: bool = False
    has_etag: bool = False
    has_version: bool = False
    volatile: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
