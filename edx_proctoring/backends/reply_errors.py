"""Replies of a provider that do not mean "done", as exceptions, and how often a call is worth repeating.

Raised to callers that keep a row for the call (``call_options.raises_on_error``), see
docs/decisions/0014-what-delivered-means.rst.
"""

from typing import Final

import requests

from edx_proctoring.backends.circuit_breakers import BreakerOpen
from edx_proctoring.backends.inline_retries import was_never_sent
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderRemovalNotConfirmed,
    BackendProviderSentNoAttemptID,
)

# A provider that answers with one of these has no such call, and never will have.
NO_SUCH_CALL: Final = frozenset({405, 501})

# The provider's state, or credentials that an operator can repair: the same request may succeed within the day.
_PASSING: Final = frozenset({401, 403, 408, 425, 429})

# A proxy, or a version that is being rolled out, answers for the provider for a while.
_MOST_TRIES_OF_ODD_REPLIES: Final = 4

# The provider or a proxy broke off; what it had done by then is unknown.
_FAILED_MIDWAY: Final = frozenset({500, 502, 504})


class ProviderRefused(requests.HTTPError):
    """The provider refused the call for good: repeating it cannot help."""


class OddReply(requests.HTTPError):
    """The reply is not one of the protocol (a redirect, HTML, a list, an unknown address): worth a few more tries."""


def most_tries(error: BaseException) -> int | None:
    """Return how often a call is tried in all if it fails with this error; None for as long as the day lasts."""
    if isinstance(error, BackendProviderCannotRegisterAttempt):
        return _most_tries_of_registration(error)
    if isinstance(error, ProviderRefused) or status_of(error) in NO_SUCH_CALL:
        return 1
    is_odd = isinstance(error, (OddReply, BackendProviderRemovalNotConfirmed))
    return _MOST_TRIES_OF_ODD_REPLIES if is_odd else None


def _most_tries_of_registration(error: BackendProviderCannotRegisterAttempt) -> int | None:
    status = error.upstream_status
    if _is_refusal(status):
        return 1
    return _MOST_TRIES_OF_ODD_REPLIES if status < 400 or status == 404 else None


def _is_refusal(status: int) -> bool:
    """Return whether a reply with this status will be the same another time."""
    return status in NO_SUCH_CALL or (400 <= status < 500 and status != 404 and status not in _PASSING)


def may_be_registered(error: BackendProviderCannotRegisterAttempt) -> bool:
    """Return whether the provider may have registered an attempt, although we have no id of it.

    That is so if the request was sent and its reply was lost, or says nothing.
    """
    cause = error.__cause__
    if isinstance(cause, (BreakerOpen, requests.HTTPError)) or is_about_token(cause):
        return False
    if isinstance(cause, requests.RequestException) and was_never_sent(cause):
        return False
    if cause is not None or isinstance(error, BackendProviderSentNoAttemptID):
        return True
    return error.upstream_status in _FAILED_MIDWAY


def is_about_token(error: BaseException | None) -> bool:
    """Return whether an error of ``requests`` is about the token request, after which nothing else was sent."""
    url = getattr(getattr(error, "request", None), "url", None) or getattr(getattr(error, "response", None), "url", "")
    return str(url).endswith("/access_token")


def raise_if_refused(error: requests.HTTPError) -> None:
    """Raise ``ProviderRefused`` if repeating the call cannot help. A token that is refused can be repaired."""
    status = status_of(error)
    if status is not None and _is_refusal(status) and not is_about_token(error):
        raise ProviderRefused(f"upstream_status={status}", response=error.response) from error


def status_of(error: BaseException | None) -> int | None:
    """Return the status of the reply that an error of ``requests`` carries, None if it carries none."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def raise_for_status(response: requests.Response, what: str = "") -> None:
    """As the response's own method, but the message is ``what`` and the status.

    The usual message has the reason phrase, which is text of the provider and must not be logged.
    """
    try:
        response.raise_for_status()
    except requests.HTTPError:
        raise requests.HTTPError(f"{what}upstream_status={response.status_code}", response=response) from None


def require_delivered(response: requests.Response) -> None:
    """Return if a reply to a reported status says that it was taken: 2xx with a JSON object or an empty body.

    Raises ``requests.HTTPError`` if the provider may take it later, ``OddReply``, ``ProviderRefused``.
    """
    status = response.status_code
    if (status >= 500 and status not in NO_SUCH_CALL) or status in _PASSING:
        raise requests.HTTPError(f"upstream_status={status}", response=response)
    if response.history or status < 200 or 300 <= status < 400 or status == 404:
        # A redirect is followed with another method, so its last reply is not about our request.
        raise OddReply(f"upstream_status={_first_status(response)}", response=response)
    if status >= 400:
        raise ProviderRefused(f"upstream_status={status}", response=response)
    if response.content.strip() and not _is_json_object(response):
        raise OddReply(f"upstream_status={status}, the body is not a JSON object", response=response)


def _first_status(response: requests.Response) -> int:
    return response.history[0].status_code if response.history else response.status_code


def _is_json_object(response: requests.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except (ValueError, RecursionError):
        # Endless brackets, too.
        return False
