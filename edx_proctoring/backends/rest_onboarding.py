"""Collects the pages of a REST provider's onboarding profiles.

Contract: contract/provider-wire#register-failures, contract/provider-wire#endpoints.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

log = logging.getLogger(__name__)

# A course with a million learners, at the provider's usual page size.
_MAX_PAGES: Final = 1000


def with_all_pages(reply: Any, url: str, *, base_url: str, fetch: Callable[[str], Any], backend: str) -> Any:
    """Return the reply of a list with the results of all following pages appended.

    ``url``: where the reply is from. ``fetch`` returns the parsed reply of a URL, and is called only
    for URLs on the host of ``base_url``. A reply that is not a page of a list is returned unchanged.
    """
    if not _is_page(reply):
        return reply
    for results in _following_results(reply, url, base_url, fetch, backend):
        reply["results"].extend(results)
    if reply.get("next"):
        reply["next"] = None
    return reply


def _following_results(
    reply: Mapping[str, Any], url: str, base_url: str, fetch: Callable[[str], Any], backend: str
) -> Iterator[Sequence[Any]]:
    host = urlsplit(base_url)[:2]
    seen = {url}
    following = reply.get("next")
    while isinstance(following, str) and following and len(seen) < _MAX_PAGES:
        url = urljoin(url, following)
        if url in seen or urlsplit(url)[:2] != host:
            # Our token must not reach another host, and pages may link back to each other.
            log.warning("page of onboarding profiles not followed: backend=%s page=%s", backend, len(seen))
            return
        seen.add(url)
        page = fetch(url)
        if not _is_page(page):
            return
        yield page["results"]
        following = page.get("next")


def _is_page(reply: Any) -> bool:
    return isinstance(reply, dict) and isinstance(reply.get("results"), list)
