"""Constructor Proctor, played: start tokens, the vendor's API, its web application and its messages."""

from __future__ import annotations

import json
import re
import ssl
import time
from typing import Any

import jwt
import pytest
import requests

from demo import certificate
from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.backends.constructor import tokens as our_tokens
from mock_provider.app import MockProvider
from mock_provider.constructor import messages, tokens

pytestmark = pytest.mark.contract("mock-provider#constructor")

SESSION = "0123456789abcdef0123456789abcdef"
INTEGRATION = "university"
START = f"/integration/simple/{INTEGRATION}/start/"
WEBHOOKS = f"/api/edx_proctoring/constructor/v1/{INTEGRATION}/webhooks"
CLAIMS = {
    "userId": "3f786850",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "accountId": 1,
    "accountName": "Example University",
    "courseName": "Demo Course",
    "examId": "exam-1",
    "examName": "Final exam",
    "duration": 90,
    "schedule": False,
    "proctoring": "offline",
    "startDate": "2030-01-01T00:00:00Z",
    "endDate": "2030-01-02T12:00:00Z",
    "sessionId": SESSION,
    "sessionUrl": f"https://lms.example/entry/{SESSION}/",
    "sessionFinishUrl": f"https://lms.example/finished/{SESSION}/",
    "rules": {"custom_rules": "Closed book."},
}


def post(provider: MockProvider, path: str, **data: str) -> requests.Response:
    return requests.post(provider.url + path, data=data, timeout=5)


def start(provider: MockProvider, **claims: Any) -> requests.Response:
    """What the learner's browser does at the launch."""
    body = {**CLAIMS, "exp": int(time.time()) + 60, **claims}
    return post(provider, START, token=tokens.sign(body, INTEGRATION))


@pytest.fixture
def backend(provider: MockProvider, settings) -> ConstructorProctoringProvider:
    """The platform's side, configured for the running vendor."""
    settings.DEBUG = True  # a vendor on this machine may be addressed without TLS
    return ConstructorProctoringProvider(
        constructor={
            "proctor_url": provider.url,
            "integration_name": INTEGRATION,
            "jwt_secret": tokens.secret_of(INTEGRATION),
        },
        inline_retries=0,
    )


def status_of(backend: ConstructorProctoringProvider) -> str | None:
    answer = backend.vendor_status(SESSION)
    return None if answer is None else answer.status


class TestStart:
    def test_the_checks_name_learner_exam_and_rules(self, provider):
        reply = start(provider)
        assert reply.status_code == 200
        assert reply.url == f"{provider.url}/proctor/{SESSION}/"
        for text in ("Ada Lovelace", "Final exam", "Closed book.", "Nobody is watched"):
            assert text in reply.text

    @pytest.mark.parametrize(
        ("claims", "reason"),
        [
            pytest.param({"exp": 1}, "expired", id="expired"),
            pytest.param({"examId": None}, "no examId", id="incomplete"),
            pytest.param({"sessionId": "x" * 231}, "sessionId", id="long-session-id"),
            pytest.param({"sessionUrl": "javascript:alert(1)"}, "web address", id="no-web-address"),
        ],
    )
    def test_a_bad_token_is_refused_with_the_reason(self, provider, claims, reason):
        reply = start(provider, **claims)
        assert reply.status_code == 400
        assert reason in reply.text

    def test_a_foreign_signature_is_refused(self, provider):
        token = jwt.encode({**CLAIMS, "exp": int(time.time()) + 60}, "x" * 32, algorithm="HS256")
        assert post(provider, START, token=token).status_code == 400
        assert provider.store.constructor_session(SESSION) is None

    def test_a_second_start_goes_on_where_the_session_is(self, provider, backend):
        start(provider)
        post(provider, f"/proctor/{SESSION}/", step="begin")
        assert 'id="exam"' in start(provider).text
        assert status_of(backend) == "started"

    def test_the_journal_does_not_hold_the_token(self, provider):
        start(provider)
        assert '"***"' in requests.get(f"{provider.url}/_control/requests", timeout=5).text


class TestSession:
    def test_the_status_follows_the_learner(self, provider, backend):
        assert status_of(backend) is None
        start(provider)
        assert status_of(backend) == "ready_to_start"
        post(provider, f"/proctor/{SESSION}/", step="begin")
        assert status_of(backend) == "started"
        post(provider, f"/proctor/{SESSION}/", step="end")
        assert status_of(backend) == "finished"

    def test_an_exam_with_appointments_is_booked_first(self, provider, backend, lms):
        start(provider, schedule=True)
        assert status_of(backend) == "not_scheduled"
        assert "Checks" in post(provider, f"/proctor/{SESSION}/", step="book").text
        assert status_of(backend) == "ready_to_start"
        [booking] = lms.callbacks
        assert booking.path == f"{WEBHOOKS}/schedule"
        assert booking.json["event"] == "scheduled"

    def test_the_exam_is_framed_and_nothing_else(self, provider):
        start(provider)
        page = post(provider, f"/proctor/{SESSION}/", step="begin")
        assert "frame-src https://lms.example;" in page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert f'data-url="https://lms.example/entry/{SESSION}/"' in page.text

    def test_the_platform_ends_it_once(self, provider, backend, scheduler, lms):
        start(provider)
        call = f"{provider.url}/api/v2/integration/simple/{INTEGRATION}/sessions/{SESSION}/finish/"
        headers = {"Authorization": f"JWT {tokens.message_token(INTEGRATION)}"}
        replies = [
            requests.post(call, json={"sessionFinishUrl": "https://lms.example/f/"}, headers=headers, timeout=5).json()
            for _ in range(2)
        ]
        assert [reply["message"] for reply in replies] == ["finished", "not_changed"]
        state = requests.get(f"{provider.url}/proctor/{SESSION}/state", timeout=5).json()
        assert state == {"status": "finished", "finish_url": "https://lms.example/f/"}

    @pytest.mark.parametrize(
        "authorization",
        ["", "JWT x", f"Bearer {tokens.sign({'exp': 1}, INTEGRATION)}", f"JWT {tokens.sign({'exp': 1}, INTEGRATION)}"],
        ids=["none", "broken", "other-scheme", "expired"],
    )
    def test_calls_without_a_good_token_are_refused(self, provider, authorization):
        start(provider)
        call = f"{provider.url}/api/v2/integration/simple/{INTEGRATION}/sessions/{SESSION}/status/"
        assert requests.get(call, headers={"Authorization": authorization}, timeout=5).status_code == 401

    def test_the_session_of_another_integration_is_unknown(self, provider):
        start(provider)
        call = f"{provider.url}/api/v2/integration/simple/other/sessions/{SESSION}/status/"
        headers = {"Authorization": f"JWT {tokens.message_token('other')}"}
        assert requests.get(call, headers=headers, timeout=5).status_code == 404

    def test_staff_open_the_record_with_a_token(self, provider):
        start(provider)
        path = f"/integration/simple/{INTEGRATION}/archive/{SESSION}/"
        claims = {"userId": "7", "sessionId": SESSION, "exp": int(time.time()) + 60}
        assert post(provider, path, token=tokens.sign(claims, INTEGRATION)).status_code == 200
        assert post(provider, path, token=tokens.sign({**claims, "sessionId": "x"}, INTEGRATION)).status_code == 400


class TestMessages:
    def test_a_verdict_is_a_review_in_the_vendors_words(self, provider, lms):
        start(provider)
        post(provider, f"/proctor/{SESSION}/", step="begin")
        post(provider, f"/reviewer/{SESSION}/", verdict="violation", comment="Second person in the room")
        review = lms.callbacks[-1]
        assert review.path == f"{WEBHOOKS}/review"
        assert review.json["conclusion"] == "rejected"
        assert review.json["comment"] == "Second person in the room"
        assert review.json["reportUrl"].endswith(f"/proctor/{SESSION}/report/")
        our_tokens.verify(
            review.headers["Authorization"],
            [tokens.secret_of(INTEGRATION)],
            now=messages.now(),
        )

    @pytest.mark.parametrize(
        ("kind", "path", "member"),
        [
            pytest.param("agreement", "agreement", "timestamp", id="agreement"),
            pytest.param("warning", "warning", "type", id="warning"),
            pytest.param("scheduled", "schedule", "cancelDeadline", id="booked"),
            pytest.param("canceled", "schedule", "event", id="canceled"),
            pytest.param("draft", "review", "conclusion", id="draft"),
            pytest.param("badly_signed", "review", "score", id="badly-signed"),
        ],
    )
    def test_the_desk_sends_each_message(self, provider, lms, kind, path, member):
        start(provider)
        reply = post(provider, f"/proctor/{SESSION}/messages", kind=kind)
        assert "The learning platform answered 200." in reply.text
        [message] = lms.callbacks
        assert message.path == f"{WEBHOOKS}/{path}"
        assert member in message.json
        if kind == "badly_signed":
            with pytest.raises(our_tokens.TokenRefused):
                our_tokens.verify(message.headers["Authorization"], [tokens.secret_of(INTEGRATION)], now=messages.now())

    def test_other_messages_are_unknown(self, provider):
        start(provider)
        assert post(provider, f"/proctor/{SESSION}/messages", kind="nonsense").status_code == 404

    def test_the_vendor_may_end_a_session_by_itself(self, provider, backend, scheduler):
        requests.post(f"{provider.url}/_control/scenario", json={"constructor": {"ends_after": 30}}, timeout=5)
        start(provider)
        post(provider, f"/proctor/{SESSION}/", step="begin")
        scheduler.advance(29)
        assert status_of(backend) == "started"
        scheduler.advance(2)
        assert status_of(backend) == "finished"


class TestScenario:
    def test_the_page_reads_it(self, provider):
        wishes = {"message": "object", "assess_code": "A", "client_origin": "https://evil.example"}
        reply = requests.post(f"{provider.url}/_control/scenario", json={"constructor": wishes}, timeout=5)
        assert reply.status_code == 200
        start(provider)
        page = post(provider, f"/proctor/{SESSION}/", step="begin").text
        [plan] = re.findall('data-plan="([^"]*)"', page)
        assert wishes.items() <= json.loads(plan.replace("&#34;", '"')).items()

    def test_the_status_can_be_another(self, provider, backend):
        start(provider)
        requests.post(f"{provider.url}/_control/scenario", json={"constructor": {"status": "late_to_start"}}, timeout=5)
        assert status_of(backend) == "late_to_start"

    @pytest.mark.parametrize(
        "wish",
        [{"message": "shout"}, {"delay_ms": -1}, {"repeat": 0}, {"assess_code": 7}, {"ends_after": "soon"}, {"x": 1}],
        ids=["message", "delay", "repeat", "code", "end", "unknown"],
    )
    def test_what_it_cannot_be_is_refused(self, provider, wish):
        reply = requests.post(f"{provider.url}/_control/scenario", json={"constructor": wish}, timeout=5)
        assert reply.status_code == 400
        assert "constructor" in reply.json()["error"]


class TestCertificate:
    @pytest.fixture
    def made(self, tmp_path) -> certificate.Certificate:
        return certificate.get_or_make(tmp_path, ("127.0.0.1", "localhost"))

    def test_the_server_speaks_tls_to_those_who_trust_the_folder(self, made, lms):
        with MockProvider("lms-id", "lms-secret", lms.url, certificate=str(made.server)) as provider:
            assert provider.url.startswith("https://localhost:")
            client = requests.Session()
            client.trust_env = False
            assert client.get(provider.url, timeout=5, verify=str(made.authority)).status_code == 200
            with pytest.raises(requests.exceptions.SSLError):
                client.get(provider.url, timeout=5)

    def test_a_strict_client_accepts_it(self, made):
        # Python 3.13 checks as this flag says by default.
        context = ssl.create_default_context(cafile=str(made.authority))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(made.server)
        ends = (ssl.MemoryBIO(), ssl.MemoryBIO())
        client_side = context.wrap_bio(*ends, server_hostname="localhost")
        server_side = server.wrap_bio(*reversed(ends), server_side=True)
        for _ in range(3):
            for side in (client_side, server_side):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
        assert client_side.getpeercert()["subjectAltName"] == (("IP Address", "127.0.0.1"), ("DNS", "localhost"))

    def test_it_is_kept_for_the_same_names_only(self, made, tmp_path):
        first = made.server.read_bytes()
        assert certificate.get_or_make(tmp_path, ("127.0.0.1", "localhost")).server.read_bytes() == first
        assert certificate.get_or_make(tmp_path, ("localhost",)).server.read_bytes() != first

    def test_only_its_owner_reads_the_key(self, made):
        assert made.server.stat().st_mode & 0o077 == 0
