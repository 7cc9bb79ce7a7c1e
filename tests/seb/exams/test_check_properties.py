"""Checks and sessions as a whole: whatever several browsers do, in whatever order, only what was proved opens."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from freezegun import freeze_time
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule, run_state_machine_as_test

from seb_openedx.exam_models import SebExamConfiguration, SebSession
from seb_openedx.exams import browser_check_views, setup
from seb_openedx.protocol import decode, header_hash
from tests.seb.app.conftest import COURSE_KEY, ORIGIN, block
from tests.seb.exams.conftest import NONCE, OTHER_PAGE, PAGE
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("seb-exams#challenge", "seb-exams#session", "seb-exams#session-end"),
]

NOON = "2026-03-02 12:00:00"
CHECK_SECONDS, FRESH_SECONDS, SESSION_SECONDS = 120, 300, 28800
# Exam -> a page of it.
PAGES = {block("sequence", 1): PAGE, block("sequence", 2): OTHER_PAGE}
EXAMS = list(PAGES)
# Two learners; the first is logged in twice.
LEARNERS = ("ann", "ann", "bob")
VERIFY = "/seb-openedx/api/v2/verify"
FRAME = {"HTTP_SEC_FETCH_DEST": "iframe"}


@dataclass
class Check:
    """A check's page, and what the model knows about it."""

    owner: int
    exam: str
    address: str
    nonce: str
    made: float
    used: bool = False


@dataclass
class Proof:
    """A session in the model."""

    proved: float
    expires: float


@dataclass
class Model:
    """What must be true. ``proofs``: (browser, exam) → session."""

    now: float = 0
    proofs: dict[tuple[int, str], Proof] = field(default_factory=dict)

    def holds(self, browser: int, exam: str) -> bool:
        proof = self.proofs.get((browser, exam))
        return proof is not None and self.now < proof.expires

    def is_fresh(self, browser: int, exam: str) -> bool:
        return self.holds(browser, exam) and self.now - self.proofs[browser, exam].proved < FRESH_SECONDS

    def prove(self, browser: int, exam: str) -> None:
        if self.holds(browser, exam):
            self.proofs[browser, exam].proved = self.now
        else:
            self.proofs[browser, exam] = Proof(self.now, self.now + SESSION_SECONDS)

    def quit(self, browser: int, exam: str) -> None:
        """The learner's sessions for the exam end, and this browser forgets all of its own."""
        for other, of in list(self.proofs):
            if other == browser or (of == exam and LEARNERS[other] == LEARNERS[browser]):
                del self.proofs[other, of]


class Browsers(RuleBasedStateMachine):
    """Three browsers and two exams."""

    checks = Bundle("checks")

    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.freezer = freeze_time(NOON)
        self.clock = self.freezer.start()
        self.model = Model()
        self.rows = {}
        for number, exam in enumerate(EXAMS, start=1):
            row = SebExamConfiguration(course_id=COURSE_KEY, content_id=exam)
            change = setup.Change(mode="manual", settings={"max_displays": number})
            self.rows[exam] = setup.save(row, change, origin=ORIGIN, by="gina")
        self.browsers = []
        for name in LEARNERS:
            browser = SafeExamBrowser(sends_headers=False)
            browser.client.force_login(User.objects.get_or_create(username=name)[0])
            self.browsers.append(browser)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)
        self.freezer.stop()

    def load(self, browser: int, exam: str) -> SafeExamBrowser:
        """Give a browser the file of an exam."""
        found = self.browsers[browser]
        found.file = decode(self.rows[exam].config_xml.encode())
        return found

    @rule(target=checks, browser=st.sampled_from(range(3)), exam=st.sampled_from(EXAMS))
    def start(self, browser: int, exam: str) -> Any:
        seb = self.load(browser, exam)
        page = seb.get(f"{ORIGIN}/seb-openedx/start/{self.rows[exam].public_id}/")
        if "/verify/" not in seb.address:
            assert self.model.is_fresh(browser, exam), "no check without a fresh proof"
            return multiple()
        assert not self.model.is_fresh(browser, exam)
        return Check(browser, exam, seb.address, NONCE.search(page.content.decode())[1], self.model.now)

    @rule(
        check=checks,
        by=st.sampled_from(range(3)),
        key=st.sampled_from(EXAMS),
        spoilt=st.booleans(),
        address=st.one_of(st.none(), checks, st.just("https://evil.example.com/")),
    )
    def reply(self, check: Check, by: int, key: str, spoilt: bool, address: Any) -> None:
        """Answer a check: from any browser, with any key, for any address."""
        self.answer(check, by, key, spoilt=spoilt, address=address)

    @rule(check=checks)
    def reply_rightly(self, check: Check) -> None:
        self.answer(check, check.owner, check.exam, spoilt=False, address=None)

    def answer(self, check: Check, by: int, key: str, *, spoilt: bool, address: Any) -> None:
        page_url = address.address if isinstance(address, Check) else (address or check.address)
        found = header_hash(page_url, self.rows[key].config_key)
        sent = {"config_key_hash": found[::-1] if spoilt else found, "page_url": page_url}
        seb = self.load(by, check.exam)
        sessions = SebSession.objects.open().count()

        reply = self.post(seb, nonce=check.nonce, **sent)

        expected = self.expected(check, by, page_url, is_right=not spoilt and key == check.exam)
        assert (reply.status_code, reply.json().get("code")) == expected
        if reply.status_code == 200:
            self.model.prove(check.owner, check.exam)
        else:
            assert SebSession.objects.open().count() == sessions

    def expected(self, check: Check, by: int, page_url: str, *, is_right: bool) -> tuple[int, str | None]:
        if by != check.owner:
            return 403, "session_user_mismatch"
        if check.used:
            return 403, "challenge_replayed"
        if self.model.now - check.made >= CHECK_SECONDS:
            return 403, "challenge_expired"
        check.used = True
        if page_url != check.address:
            return 400, "url_mismatch"
        return (200, None) if is_right else (403, "config_key_mismatch")

    def post(self, seb: SafeExamBrowser, **body: str) -> Any:
        # The token against forged requests is another test's subject.
        seb.client.cookies["csrftoken"] = "a" * 32
        return seb.client.post(VERIFY, body, content_type="application/json", HTTP_X_CSRFTOKEN="a" * 32)

    # Null characters and halves of surrogate pairs make a body unreadable (test_front_ends).
    @rule(
        browser=st.sampled_from(range(3)),
        nonce=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30),
    )
    def guess(self, browser: int, nonce: str) -> None:
        """Answer a check that was never made."""
        seb = self.load(browser, EXAMS[0])
        reply = self.post(seb, nonce=nonce, page_url="https://x/", config_key_hash="0" * 64)
        assert (reply.status_code, reply.json()["code"]) == (403, "challenge_expired")

    @rule(seconds=st.sampled_from([1, 60, 299, 300]))
    def wait(self, seconds: int) -> None:
        self.clock.tick(seconds)
        self.model.now += seconds

    @rule(check=checks, early=st.sampled_from([0, 1]))
    def wait_until_a_check_ends(self, check: Check, early: int) -> None:
        self.wait(max(int(check.made + CHECK_SECONDS - self.model.now) - early, 0))

    @precondition(lambda self: self.model.proofs)
    @rule(early=st.sampled_from([0, 1]))
    def wait_until_a_session_ends(self, early: int) -> None:
        self.wait(max(int(min(proof.expires for proof in self.model.proofs.values()) - self.model.now) - early, 0))

    @rule(thief=st.sampled_from(range(3)), victim=st.sampled_from(range(3)), exam=st.sampled_from(EXAMS))
    def look_with_a_stolen_cookie(self, thief: int, victim: int, exam: str) -> None:
        cookies = self.browsers[thief].client.cookies
        stolen = self.browsers[victim].client.cookies.get("seb_session")
        if thief == victim or stolen is None:
            return
        own = cookies["seb_session"].value if "seb_session" in cookies else ""
        cookies["seb_session"] = stolen.value
        assert self.browsers[thief].client.get(PAGES[exam], **FRAME).content != b"render_xblock"
        cookies["seb_session"] = own

    @rule(browser=st.sampled_from(range(3)), exam=st.sampled_from(EXAMS))
    def leave(self, browser: int, exam: str) -> None:
        self.load(browser, exam).get(f"{ORIGIN}/seb-openedx/quit/{self.rows[exam].quit_nonce}/")
        self.model.quit(browser, exam)

    @rule(browser=st.sampled_from(range(3)), exam=st.sampled_from(EXAMS))
    def look(self, browser: int, exam: str) -> None:
        content = self.browsers[browser].client.get(PAGES[exam], **FRAME).content
        assert (content == b"render_xblock") is self.model.holds(browser, exam)


def test_only_what_was_proved_opens(host, monkeypatch):
    monkeypatch.setattr(browser_check_views, "_MOST_ANSWERS", 10**9)
    run_state_machine_as_test(
        Browsers,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
