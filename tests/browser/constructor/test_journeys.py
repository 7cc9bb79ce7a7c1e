"""From the course to the review, inside the vendor's web application.

Contract: contract/constructor#guard, contract/constructor#framing, contract/constructor#cookies,
contract/constructor#entry-login. Each journey is made in a browser that blocks cookies of other sites, and in one that
allows them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.people import Reviewer

from .people import Candidate


class Witness:
    """Remembers what the browser said about the documents in frames."""

    def __init__(self, page: Page) -> None:
        self.seen: list[tuple[str, str | None, str | None]] = []
        page.context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.resource_type == "document":
            headers = request.all_headers()
            if headers.get("sec-fetch-dest") == "iframe":
                self.seen.append((request.url, headers.get("sec-fetch-site"), headers.get("sec-fetch-storage-access")))

    @property
    def entry(self) -> tuple[str | None, str | None]:
        """Site and access to cookies of the first request for the exam page."""
        return next((site, access) for url, site, access in self.seen if "/constructor/v1/entry/" in url)


@pytest.mark.contract(
    "constructor#guard", "constructor#framing", "constructor#cookies", "constructor#entry-login", "constructor#verify"
)
@pytest.mark.parametrize("backend", ["constructor", "constructor_inline"])
@pytest.mark.parametrize(("allowed", "access"), [(False, "none"), (True, "active")], ids=["blocked", "allowed"])
def test_from_the_course_to_the_review(
    new_candidate: Callable[..., Candidate],
    new_page: Callable[[], Page],
    camera,
    allowed: bool,
    access: str,
    backend: str,
) -> None:
    candidate = new_candidate(backend, third_party_cookies=allowed)
    witness = Witness(candidate.page)
    vendor = candidate.launch()
    candidate.look("checks", vendor)
    assert candidate.attempt["status"] == "download_software_clicked"
    candidate.finish_checks()
    candidate.expect_open()
    # Two sites, and a browser that does with cookies what this run is about.
    assert witness.entry == ("cross-site", access)
    expect(candidate.inner.get_by_role("button", name="Start my exam")).to_be_visible()
    assert candidate.attempt["status"] == "ready_to_start"
    candidate.look("rules", vendor)

    candidate.start()
    candidate.answer()
    candidate.look("questions", vendor)
    candidate.submit()
    # The vendor leads the learner to our page of the end.
    expect(vendor.get_by_role("heading", name="The proctoring session has ended")).to_be_visible()
    candidate.look("finished", vendor)
    assert candidate.attempt["status"] == "submitted"
    [end] = candidate.demo.provider_saw("POST", "/finish/")
    assert candidate.attempt["external_id"] in end["path"]

    Reviewer(candidate.demo, new_page(), camera).give_verdict(candidate.name, "Passed", "Fine.")
    candidate.open_exam()
    candidate.heading("Your proctoring session was reviewed successfully.")
