"""Cookies that work inside the vendor's frame. Contract: contract/constructor#cookies.

``SameSite=None; Secure; Partitioned``: the browser keeps them per site that shows the frame. So they work where
third-party cookies are blocked, and another tab of the learner does not have them.
"""

from dataclasses import dataclass
from datetime import timedelta
from http.cookies import Morsel
from typing import Any, Final

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

NAME: Final = "constructor_session"
LIFE: Final = timedelta(hours=12)
# Set by a page and asked for by the next request: whether cookies come back at all.
PROBE: Final = "constructor_probe"

_SALT: Final = "edx_proctoring.constructor.cookie"
_TOO_LONG: Final = 4096


class PartitionedMorsel(Morsel[str]):
    """A cookie with the attribute ``Partitioned``, which the standard library knows only since Python 3.14."""

    def OutputString(self, attrs: Any = None) -> str:
        """Return the value of the ``Set-Cookie`` header."""
        text = super().OutputString(attrs)
        return text if "; Partitioned" in text else f"{text}; Partitioned"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the cookie says: this browser's page was confirmed as proctored."""

    session_id: str
    user_id: int


def give(response: HttpResponseBase, proof: Proof) -> None:
    """Give the browser the cookie of a proctored page."""
    value = signing.dumps([proof.session_id, proof.user_id], salt=_SALT)
    response.set_cookie(NAME, value, max_age=LIFE, path="/", secure=True, httponly=True, samesite="None")
    partition(response, NAME)


def take_back(response: HttpResponseBase) -> None:
    """Delete the cookie. A partitioned cookie is deleted only by one with the same attributes."""
    response.set_cookie(NAME, "", max_age=0, path="/", secure=True, httponly=True, samesite="None")
    partition(response, NAME)


def read(request: HttpRequest) -> Proof | None:
    """Return what the request's cookie says; None without one, or for one that is forged or too old."""
    value = request.COOKIES.get(NAME, "")
    if not value or len(value) > _TOO_LONG:
        return None
    try:
        session_id, user_id = signing.loads(value, salt=_SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Proof(session_id, user_id) if isinstance(session_id, str) and isinstance(user_id, int) else None


def probe(response: HttpResponseBase) -> None:
    """Set a cookie that the next request should bring back."""
    response.set_cookie(PROBE, "1", max_age=LIFE, path="/", secure=True, httponly=True, samesite="None")
    partition(response, PROBE)


def partition(response: HttpResponseBase, name: str) -> None:
    """Make a cookie of the response one that works in a frame of another site, and only there."""
    plain = response.cookies.get(name)
    if plain is None:
        return
    plain["samesite"], plain["secure"] = "None", True
    cookie = PartitionedMorsel()
    cookie.set(plain.key, plain.value, plain.coded_value)
    cookie.update(plain)
    # Past ``SimpleCookie.__setitem__``, which would make a plain cookie of it.
    dict.__setitem__(response.cookies, name, cookie)
