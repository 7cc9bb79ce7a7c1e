"""``python -m mock_provider.conformance URL CLIENT_ID CLIENT_SECRET``: does a provider's server follow the protocol?

For developers of a provider: the requests that an LMS sends, each with what the LMS needs from the answer. The checks
register an exam and an attempt of an invented learner and remove them again. Contract:
contract/provider-wire#endpoints, contract/mock-provider#conformance-kit.
"""

from __future__ import annotations

import argparse
import re
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests

from .instructor_link import instructor_url

COURSE = "course-v1:Conformance+KIT+1"
TIMEOUT = 30


class NotConformant(Exception):
    """The provider's answer is not what an LMS needs; the text says why."""


class Kit:
    """One run against one server. ``lms_host`` is the address that it gets as the LMS; nothing listens there."""

    def __init__(self, url: str, client_id: str, secret: str, lms_host: str = "http://127.0.0.1:9") -> None:
        self.url = url.rstrip("/")
        self.client_id = client_id
        self.secret = secret
        self.lms_host = lms_host
        self.user_id = uuid.uuid4().hex + uuid.uuid4().hex[:8]
        self.exam_id = ""
        self.attempt_id = ""
        self._session = requests.Session()

    def checks(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Every check with its sentence, in the order of an LMS's requests."""
        yield "a client with its secret gets a token", self.token
        yield "a wrong secret gets no token", self.no_token
        yield "the API is closed without a token", self.closed
        yield "the configuration names rules, instructions and a download", self.config
        yield "a new exam gets an id", self.create_exam
        yield "an exam that is saved again keeps its id", self.save_exam
        yield "an exam can be read back", self.show_exam
        yield "an unknown exam is not found", self.unknown_exam
        yield "an attempt is registered under an id that fits into a URL", self.register
        yield "an attempt shows its instructions and a download of its own", self.show_attempt
        yield "the statuses of an attempt are accepted", self.change_attempt
        yield "an attempt is deleted, and not found the second time", self.remove_attempt
        yield "the onboarding status of a learner can be read", self.onboarding_of_one
        yield "the onboarding statuses of a course are paged", self.onboarding_of_all
        yield "the deletion of a learner is answered with true or false", self.remove_user
        yield "a signed link opens the instructor's page", self.instructor
        yield "a forged link is refused", self.forged_instructor

    def run(self) -> list[tuple[str, str]]:
        """Run all checks; returns each sentence with the problem, or an empty text."""
        results = []
        for sentence, check in self.checks():
            try:
                check()
            except (NotConformant, requests.RequestException) as error:
                results.append((sentence, str(error) or type(error).__name__))
            else:
                results.append((sentence, ""))
        return results

    # Helpers

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, f"{self.url}{path}", timeout=TIMEOUT, **options)

    def _object(self, reply: requests.Response, *keys: str) -> dict[str, Any]:
        """The reply as a JSON object that has these keys."""
        expect(reply.status_code == 200, f"status {reply.status_code}, 200 is needed")
        try:
            document = reply.json()
        except ValueError:
            raise NotConformant("the body is not JSON") from None
        expect(isinstance(document, dict), "the body is not a JSON object")
        missing = [key for key in keys if key not in document]
        expect(not missing, f"missing: {', '.join(missing)}")
        return dict(document)

    def _token_reply(self, secret: str) -> requests.Response:
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "token_type": "jwt"}
        url = f"{self.url}/oauth2/access_token"
        return requests.post(url, data={**form, "client_secret": secret}, timeout=TIMEOUT)

    @property
    def _attempt_path(self) -> str:
        expect(bool(self.attempt_id), "not checked: no attempt was registered")
        return f"/api/v1/exam/{self.exam_id}/attempt/{self.attempt_id}/"

    def _exam(self, **more: Any) -> dict[str, Any]:
        return {
            "id": 1,
            "course_id": COURSE,
            "content_id": "block-v1:Conformance+KIT+1+type@sequential+block@exam",
            "external_id": self.exam_id or None,
            "exam_name": "Conformance",
            "time_limit_mins": 30,
            "is_proctored": True,
            "is_practice_exam": False,
            "is_active": True,
            "due_date": None,
            "hide_after_due": False,
            "backend": "conformance",
            **more,
        }

    # Checks

    def token(self) -> None:
        """The client credentials flow."""
        reply = self._object(self._token_reply(self.secret), "access_token", "expires_in")
        expect(isinstance(reply["access_token"], str), "access_token is not a text")
        expect(isinstance(reply["expires_in"], int | float), "expires_in is not a number of seconds")
        self._session.headers["Authorization"] = f"JWT {reply['access_token']}"

    def no_token(self) -> None:
        """The client credentials flow with a wrong secret."""
        status = self._token_reply(self.secret + "x").status_code
        expect(status >= 400, f"status {status} for a wrong secret")

    def closed(self) -> None:
        """The API without a token."""
        status = requests.get(f"{self.url}/api/v1/config/", timeout=TIMEOUT).status_code
        expect(status in (401, 403), f"status {status} without a token")

    def config(self) -> None:
        """The configuration in a language that the LMS asks for."""
        reply = self._ask("GET", "/api/v1/config/", headers={"Accept-Language": "es;en-us"})
        config = self._object(reply, "name", "rules", "instructions", "download_url")
        expect(isinstance(config["rules"], dict), "rules is not an object")
        expect(isinstance(config["instructions"], list), "instructions is not a list")
        expect(_is_web_address(config["download_url"]), "download_url is not an address")

    def create_exam(self) -> None:
        """A new exam."""
        exam = self._object(self._ask("POST", "/api/v1/exam/", json=self._exam()), "id")
        expect(isinstance(exam["id"], str) and exam["id"] != "", "id is not a text")
        self.exam_id = exam["id"]

    def save_exam(self) -> None:
        """The same exam, changed."""
        reply = self._ask("POST", f"/api/v1/exam/{self.exam_id}/", json=self._exam(rule_summary="Closed book."))
        expect(self._object(reply, "id")["id"] == self.exam_id, "the id changed")

    def show_exam(self) -> None:
        """The exam as it is stored."""
        self._object(self._ask("GET", f"/api/v1/exam/{self.exam_id}/"), "rules")

    def unknown_exam(self) -> None:
        """An exam that does not exist."""
        status = self._ask("GET", f"/api/v1/exam/{uuid.uuid4().hex}/").status_code
        expect(status == 404, f"status {status}, 404 is needed")

    def register(self) -> None:
        """A new attempt."""
        body = {
            "lms_host": self.lms_host,
            "time_limit_mins": 30,
            "is_sample_attempt": False,
            "user_id": self.user_id,
            "full_name": "Conny Formance",
            "email": None,
            "status": "created",
        }
        reply = self._object(self._ask("POST", f"/api/v1/exam/{self.exam_id}/attempt/", json=body))
        if str(reply.get("status", "")).startswith("onboarding_"):
            raise NotConformant(f"not checked: the provider wants onboarding first ({reply['status']})")
        expect(
            bool(re.fullmatch(r"[-\w]+", str(reply.get("id", "")), re.ASCII)),
            "id is missing or does not fit into a URL",
        )
        self.attempt_id = str(reply["id"])

    def show_attempt(self) -> None:
        """The attempt as it is stored."""
        attempt = self._object(self._ask("GET", self._attempt_path), "download_url", "instructions")
        expect(isinstance(attempt["instructions"], list), "instructions is not a list")
        expect(_is_web_address(attempt["download_url"]), "download_url is not an address")
        # The LMS adds nothing to the address: without an id in it, the software cannot identify the attempt.
        expect(self.attempt_id in attempt["download_url"], "download_url does not name the attempt")

    def change_attempt(self) -> None:
        """Each status that the LMS sends."""
        for status in ("started", "submitted", "error"):
            self._object(self._ask("PATCH", self._attempt_path, json={"status": status}))

    def remove_attempt(self) -> None:
        """The removal, twice."""
        reply = self._object(self._ask("DELETE", self._attempt_path), "status")
        expect(reply["status"] == "deleted", f"status {reply['status']!r}: staff cannot reset until it is 'deleted'")
        again = self._ask("DELETE", self._attempt_path).status_code
        expect(again == 404, f"status {again} for a deleted attempt, 404 is needed")

    def onboarding_of_one(self) -> None:
        """The profile of one learner."""
        path = f"/api/v1/courses/{COURSE}/onboarding_statuses?user_id={self.user_id}"
        self._object(self._ask("GET", path), "user_id", "status", "expiration_date")

    def onboarding_of_all(self) -> None:
        """A page of a course's profiles."""
        path = f"/api/v1/courses/{COURSE}/onboarding_statuses?status=approved-in-course,pending&page=1&page_size=10"
        self._object(self._ask("GET", path), "results", "count", "num_pages", "next", "previous")

    def remove_user(self) -> None:
        """The removal of the learner."""
        reply = self._ask("DELETE", f"/api/v1/user/{self.user_id}/")
        expect(reply.text.strip() in ("true", "false"), f"body {reply.text[:40]!r}, JSON true or false is needed")

    def instructor(self) -> None:
        """The dashboard with a valid link."""
        reply = requests.get(instructor_url(self.url, self.client_id, self.secret, COURSE), timeout=TIMEOUT)
        expect(reply.status_code == 200, f"status {reply.status_code}")
        expect("html" in reply.headers.get("Content-Type", ""), "the answer is not a page")

    def forged_instructor(self) -> None:
        """The dashboard with a link under another secret."""
        url = instructor_url(self.url, self.client_id, self.secret + "x", COURSE)
        status = requests.get(url, timeout=TIMEOUT).status_code
        expect(status in (401, 403), f"status {status} for a forged link")


def expect(condition: bool, problem: str) -> None:
    """Raise ``NotConformant`` with ``problem`` unless ``condition``."""
    if not condition:
        raise NotConformant(problem)


def _is_web_address(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and urlsplit(value).netloc != ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, print a line per check; returns 0 when all passed, else 1."""
    options = argparse.ArgumentParser(
        prog="mock_provider.conformance", description=(__doc__ or "").partition("\n\n")[2]
    )
    for name in ("url", "client_id", "client_secret"):
        options.add_argument(name)
    given = options.parse_args(arguments)
    results = Kit(given.url, given.client_id, given.client_secret).run()
    for sentence, problem in results:
        print(f"FAIL  {sentence}: {problem}" if problem else f"ok    {sentence}")
    failed = sum(1 for _, problem in results if problem)
    print(f"{len(results) - failed} of {len(results)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
