"""The words in which the operations of version 1 are described, and what several of them share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.views import contract

JSON: Final = "application/json"
FORMS: Final = (JSON, "application/x-www-form-urlencoded", "multipart/form-data")
HTML: Final = "text/html"
PLAIN: Final = "text/plain"

Shape = Any  # a serializer, a JSON schema, or a ``ListOf``, ``AnyOf``, ``MapOf``, ``OrEmpty`` of them


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of ``item``."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose members are each an ``item``."""

    item: Shape


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of ``items``."""

    items: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class OrEmpty:
    """No body, or ``item``."""

    item: Shape


OK: Final = {"type": "string", "const": "OK"}
TEXT: Final = {"type": "string"}
NOTHING: Final = {"type": "object", "maxProperties": 0}
FIELD_ERRORS: Final = {"type": "object", "description": "What is wrong, by the name of the field."}
LIST_ERRORS: Final = {"type": ["object", "array"], "description": "What is wrong, by item or by `non_field_errors`."}
# Of a reply without a body.
EMPTY: Final = None


@dataclass(frozen=True, slots=True)
class Example:
    """A request that ``tests/views/test_document.py`` sends. ``status``: of the answer, if not the operation's."""

    role: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    status: int | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """One operation.

    ``replies``: status → shape of the JSON body, None for an empty one; the first is success. ``texts``: status → media
    types of replies that are text. ``query``: name → schema with a description, and ``required`` where it must be sent.
    ``refusals``: statuses beside the common ones, with ``detail``. ``access``: who may call it, where no table says so.
    """

    operation_id: str
    summary: str
    replies: Mapping[int, Shape]
    examples: Sequence[Example]
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    body: Shape = None
    is_body_required: bool = True
    refusals: Collection[int] = ()
    texts: Mapping[int, Collection[str]] = field(default_factory=dict)
    media_types: Collection[str] = FORMS
    is_idempotent: bool = False
    has_etag: bool = False
    access: str = ""
    security: Sequence[Mapping[str, Any]] = ({"session": []}, {"jwt": []})
    description: str = ""


# Refusals of what a provider is asked.
PROVIDER: Final = (500, 502, 503)
# Nobody needs to sign in.
OPEN: Final[Sequence[Mapping[str, Any]]] = ({},)
# Words for the sets of ``tests/views/contract.py``.
ACCESS: Final = {
    contract.EVERYBODY: "everybody",
    contract.SIGNED_IN: "every user",
    contract.OWNER: "the learner whose attempt it is",
    contract.COURSE: "course staff and global staff",
    contract.GLOBAL: "global staff",
    contract.REVIEWERS: "reviewers of the provider and global staff",
    contract.RETIRE: "holders of `accounts.can_retire_user`",
    contract.COURSE | contract.OWNER: "course staff, global staff and the learner",
    contract.REVIEWERS | contract.OWNER: "reviewers of the provider, global staff and the learner",
}

COURSE: Final = "course-v1:Example+Physics+2026"
BLOCK: Final = "block-v1:Example+Physics+2026+type@sequential+block@"
OF_COURSE: Final = {"course_id": COURSE}
FLAG: Final = {"type": "string", "enum": ["1", "true", "True"]}
MFE: Final = {**FLAG, "description": "Links lead into the learning micro-frontend."}
USER: Final = {"type": "integer", "description": "Another learner, for global staff."}
PAGE: Final = {
    "type": "string",
    "description": "Number of the page; 1 if it is not a number, the last if it is too large.",
}
