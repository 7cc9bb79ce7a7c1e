"""Which sites may show a page in a frame. Contract: contract/constructor#framing."""

from collections.abc import Iterable
from typing import Final

from django.http import HttpResponseBase

_HEADER: Final = "Content-Security-Policy"
_DIRECTIVE: Final = "frame-ancestors"
# An attribute of a response: the origins that may frame it.
MARK: Final = "constructor_frame_ancestors"


def allow(response: HttpResponseBase, origins: Iterable[str]) -> None:
    """Let only the site itself and these origins frame a response.

    ``X-Frame-Options`` cannot name another site, and old browsers would let it win, so it is left out. The marks are
    for middlewares that see the response later.
    """
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    setattr(response, MARK, tuple(origins))
    apply(response, origins)


def apply(response: HttpResponseBase, origins: Iterable[str]) -> None:
    """Write the headers: unite with a directive that is there, leave the other directives as they are."""
    wanted = ["'self'", *origins]
    # Several policies are separated by commas, and a browser keeps to each of them.
    policies = [policy for policy in response.get(_HEADER, "").split(",") if policy.strip()] or [""]
    widened = [_widened(policy, wanted) for policy in policies]
    if not any(is_named for _policy, is_named in widened):
        widened[0] = ("; ".join(filter(None, [widened[0][0], " ".join([_DIRECTIVE, *wanted])])), True)
    response[_HEADER] = ", ".join(policy for policy, _is_named in widened)
    if response.has_header("X-Frame-Options"):
        del response["X-Frame-Options"]


def _widened(policy: str, wanted: Iterable[str]) -> tuple[str, bool]:
    """Return a policy whose directive has these sources, too, and whether it has the directive at all."""
    directives = [part.strip() for part in policy.split(";") if part.strip()]
    for number, directive in enumerate(directives):
        name, *sources = directive.split()
        if name.lower() == _DIRECTIVE:
            kept = [source for source in sources if source != "'none'"]
            directives[number] = " ".join([name, *dict.fromkeys([*kept, *wanted])])
            return "; ".join(directives), True
    return "; ".join(directives), False
