"""RPNow mode: registrations, the secure browser, the vendor's review callback."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt, ProctoredExamSuspiciousLookup
from mock_provider.app import MockProvider
from mock_provider.rpnow.password import decrypt_password
from mock_provider.rpnow.review import review_document
from mock_provider.rpnow.signature import Account, BadRegistration, canonical, sign

from .conftest import COURSE, RPNOW_CALLBACK

CODE = "4D07A01A-1502-422E-B943-93AC04DC6CED"
EXAM = {"id": 42, "course_id": COURSE, "exam_name": "Midterm", "backend": "software_secure"}


@pytest.fixture
def backend(provider, settings, lms):
    """The LMS's side, configured for the running vendor."""
    settings.HTTPS = "off"
    settings.SITE_NAME = lms.url.removeprefix("http://")
    return SoftwareSecureBackendProvider(
        organization="acme-org",
        exam_sponsor="Acme LMS",
        exam_register_endpoint=f"{provider.url}/exams/registration/",
        secret_key_id="mock",
        secret_key=Account().secret_key,
        crypto_key=Account().crypto_key,
        software_download_url=f"{provider.url}/rpnow",
        send_email=True,
    )


@pytest.fixture
def context():
    """A registration context as the core builds it."""
    return {
        "attempt_code": CODE,
        "time_limit_mins": 90,
        "is_sample_attempt": False,
        "full_name": "Zoë van der Berg",
        "email": "zoe@example.com",
        "review_policy": "Open Book",
    }


@pytest.fixture
def locator(backend, context):
    """The record locator of a registered attempt."""
    return backend.register_exam_attempt(EXAM, context=context)


def get(provider, path, **options):
    return requests.get(provider.url + path, timeout=5, allow_redirects=False, **options)


def hand_in(provider, code=CODE):
    return requests.post(f"{provider.url}/rpnow/session", data={"code": code}, timeout=5)


@pytest.mark.contract("mock-provider#rpnow-wire")
class TestVectors:
    """The vendor's side computes the examples of the contract, independent of the LMS's code."""

    @pytest.mark.parametrize(
        ("key", "text", "encrypted"),
        [
            (
                "abcdefghijklmnopqrstuvwx",
                CODE,
                "/TSwDjulSOB9pykDgT3Eq5bH1QqD9rv+vXYgHkgtit9ePz53USHpJw==",
            ),
            ("abcdefghijklmnopqrstuvwx", "", "FUCNb+FYBaM="),
            ("abcdefghijklmnopqrstuvwx", "12345678", "4LnnIGzHsCQVQI1v4VgFow=="),
            ("abcdefghijklmnop", CODE, "mhDoxLoBEYmhqbrfCu9+ThRQXF6w1QkkqLMPOzO9mZpo+MQNBQqANQ=="),
            ("123456789123456712345678", CODE, "g6OAjiKQN78sk+/j9ohJA9IBCpkiE6e4sG6eA18rMb3tDsjb/Q1YnA=="),
        ],
        ids=["24-bytes", "empty", "a-whole-block", "16-bytes", "first-part-twice"],
    )
    def test_an_encrypted_password_is_read(self, key, text, encrypted):
        assert decrypt_password(encrypted, key) == text

    @pytest.mark.parametrize("text", ["", "AAAA", "not base64", "ä", base64.b64encode(b"x" * 16).decode()])
    def test_an_invalid_password_is_refused(self, text):
        with pytest.raises(BadRegistration):
            decrypt_password(text, Account().crypto_key)

    def test_the_signed_form_of_unusual_values(self):
        document = {
            "zero": 0,
            "one": 1,
            "fl": 1.5,
            "none": None,
            "empty": "",
            "t": True,
            "f": False,
            "lst": ["a", None, True, 0, {"b": False, "a": None, "n": {"k": 1}}],
            "tup": ("x",),
            "el": [],
            "ed": {},
            "d": {"x": 1, "y": {"z": 2}, "l": [1, 2]},
            "Z": "upper",
            "ünï": "ö",
        }
        lines = [
            *("Z:upper", "l.0:1", "l.1:2", "d.x:1", "y.z:2", "empty:", "f:false", "fl:1.5"),
            *("lst.0:a", "lst.1:None", "lst.2:True", "lst.3:0", "lst.4.a:null", "lst.4.b:false", "n.k:1"),
            *("none:null", "one:1", "t:true", "tup.0:x", "zero:null", "ünï:ö"),
        ]
        assert canonical(document).splitlines() == lines

    def test_the_signature_of_a_small_document(self):
        key, date = "0123456789ABCDEF0123456789ABCDEF01234567", "Wed, 02 Jan 2030 03:04:05 GMT"
        assert sign({"a": 1, "orgExtra": {}}, key, date) == "CqE1K61j9vm+aZRXadsTIms4OEa2dKyLSJ5nr7pPZRU="


class TestRegistration:
    @pytest.mark.contract("mock-provider#rpnow-registration")
    def test_the_registration_of_the_lms_is_accepted(self, provider, locator, lms):
        assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", locator)
        attempt = provider.store.attempt(locator)
        assert (attempt["full_name"], attempt["email"], attempt["exam_name"], attempt["course_id"]) == (
            "Zoë van der Berg",
            "zoe@example.com",
            "Midterm",
            COURSE,
        )
        assert (attempt["lms_host"], attempt["review_policy"]) == (lms.url, "Open Book")

    def test_each_registration_has_its_own_locator(self, backend, context, locator):
        assert backend.register_exam_attempt(EXAM, context=context) != locator

    @pytest.mark.contract("mock-provider#rpnow-refusals")
    @pytest.mark.parametrize(
        ("name", "value"),
        [("secret_key", "other"), ("secret_key_id", "stranger"), ("signature_scheme", "HMAC")],
    )
    def test_a_wrong_signature_is_refused(self, provider, backend, context, name, value):
        setattr(backend, name, value)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            backend.register_exam_attempt(EXAM, context=context)
        assert caught.value.http_status == 401
        assert provider.store.counts()["attempts"] == 0

    @pytest.mark.contract("mock-provider#rpnow-refusals")
    def test_the_scenario_can_refuse_every_signature(self, backend, context, scenario):
        scenario(rpnow={"other_secret": True})
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            backend.register_exam_attempt(EXAM, context=context)
        scenario(rpnow={"other_secret": False})
        assert backend.register_exam_attempt(EXAM, context=context)

    @pytest.mark.contract("mock-provider#rpnow-refusals")
    def test_a_password_under_another_key_is_refused(self, backend, context):
        backend.crypto_key = b"abcdefghijklmnopqrstuvwx"
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            backend.register_exam_attempt(EXAM, context=context)
        assert caught.value.http_status == 400

    def post(self, provider, backend, context, *, date=None, change=None, sign_first=True):
        """A registration by hand; ``change`` is applied after the signature, or before it."""
        document = backend._get_payload(EXAM, context)
        date = date or format_datetime(datetime.now(tz=UTC), usegmt=True)
        if change and not sign_first:
            change(document)
        headers = {"Content-Type": "application/json", "Date": date}
        headers["Authorization"] = backend._sign_doc(document, "POST", headers, date).decode()
        if change and sign_first:
            change(document)
        url = f"{provider.url}/exams/registration/"
        return requests.post(url, data=json.dumps(document), headers=headers, timeout=5)

    def test_a_registration_by_hand_is_accepted(self, provider, backend, context):
        assert self.post(provider, backend, context).status_code == 200

    @pytest.mark.contract("mock-provider#rpnow-refusals")
    def test_a_body_that_was_changed_after_signing_is_refused(self, provider, backend, context):
        reply = self.post(provider, backend, context, change=lambda document: document.update(duration=900))
        assert reply.status_code == 401
        assert "signature" in reply.json()["error"]

    @pytest.mark.contract("mock-provider#rpnow-refusals")
    @pytest.mark.parametrize(("minutes", "status"), [(-16, 401), (-14, 200), (14, 200), (16, 401)], ids=str)
    def test_clocks_may_differ_by_a_quarter_of_an_hour(self, provider, backend, context, minutes, status):
        date = format_datetime(datetime.now(tz=UTC) + timedelta(minutes=minutes), usegmt=True)
        assert self.post(provider, backend, context, date=date).status_code == status

    @pytest.mark.parametrize("date", ["yesterday", "0"])
    def test_an_invalid_date_is_refused(self, provider, backend, context, date):
        assert self.post(provider, backend, context, date=date).status_code == 401

    @pytest.mark.parametrize("name", ["examCode", "examPassword", "examUrl", "duration", "organization"])
    def test_a_missing_member_is_named(self, provider, backend, context, name):
        reply = self.post(provider, backend, context, change=lambda document: document.pop(name), sign_first=False)
        assert reply.status_code == 400
        assert name in reply.json()["error"]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "http://["])
    def test_an_exam_must_be_at_a_web_address(self, provider, backend, context, url):
        change = lambda document: document.update(examUrl=url)  # noqa: E731
        assert self.post(provider, backend, context, change=change, sign_first=False).status_code == 400

    @pytest.mark.parametrize("body", ["", "[]", "text", "null"])
    def test_a_body_that_is_not_an_object_is_refused(self, provider, body):
        assert requests.post(f"{provider.url}/exams/registration/", data=body, timeout=5).status_code == 400

    @pytest.mark.parametrize(
        "fault",
        [
            {"fail": [{"path": "^/exams/", "status": 503}]},
            {"malformed_json": [{"path": "^/exams/"}]},
            {"drop_connection": True},
        ],
        ids=["status", "nonsense", "no-answer"],
    )
    def test_it_can_be_made_to_fail(self, backend, context, scenario, fault):
        scenario(**fault)
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            backend.register_exam_attempt(EXAM, context=context)

    def test_accounts_of_ones_own(self, lms, backend, context):
        accounts = {"kid": Account(secret_key="s" * 20, crypto_key="abcdefghijklmnop")}
        with MockProvider("lms-id", "lms-secret", lms.url, rpnow_accounts=accounts) as provider:
            backend.exam_register_endpoint = f"{provider.url}/exams/registration/"
            with pytest.raises(BackendProviderCannotRegisterAttempt):
                backend.register_exam_attempt(EXAM, context=context)
            backend.secret_key_id, backend.secret_key, backend.crypto_key = "kid", "s" * 20, b"abcdefghijklmnop"
            assert backend.register_exam_attempt(EXAM, context=context)


@pytest.mark.contract("mock-provider#rpnow-browser")
class TestSecureBrowser:
    def test_the_software_asks_for_the_code(self, provider):
        reply = get(provider, "/rpnow")
        assert reply.status_code == 200
        assert 'name="code"' in reply.text

    @pytest.mark.parametrize("path", ["/rpnow?code=x", "/rpnow?code=", "/rpnow/session", "/rpnow/session?code=%3Cb%3E"])
    def test_an_unknown_code_is_explained(self, provider, path):
        reply = get(provider, path)
        assert reply.status_code == 404
        assert 'role="alert"' in reply.text
        assert "<b>" not in reply.text

    @pytest.mark.parametrize("code", [CODE, CODE.lower(), f"%20{CODE}%20"], ids=["as-shown", "lower", "blanks"])
    def test_a_known_code_opens_the_checks(self, provider, locator, code):
        reply = get(provider, f"/rpnow/session?code={code}")
        assert reply.status_code == 200
        assert f"/rpnow?code={CODE}" in reply.text

    def test_the_secure_browser_opens_the_launch_address(self, provider, locator, lms):
        reply = get(provider, f"/rpnow?code={CODE}")
        assert reply.status_code == 303
        path = f"/edx_proctoring/proctoring_launch_callback/start_exam/{CODE}"
        assert reply.headers["Location"].startswith(lms.url)
        assert reply.headers["Location"].endswith(path)
        assert "The secure browser is open" in get(provider, f"/rpnow/session?code={CODE}").text

    def test_closing_the_secure_browser_hands_in_the_recording(self, provider, locator):
        get(provider, f"/rpnow?code={CODE}")
        assert provider.store.attempt(locator)["status"] == "started"
        assert "Your recording was sent" in hand_in(provider).text
        assert provider.store.attempt(locator)["status"] == "submitted"

    def test_the_recording_is_handed_in_automatically_after_the_delay(
        self, provider, locator, lms, scenario, scheduler
    ):
        scenario(rpnow={"upload_delay": 60}, review={"delay": 10})
        get(provider, f"/rpnow?code={CODE}")
        scheduler.advance(60)
        assert provider.store.attempt(locator)["status"] == "submitted"
        assert lms.callbacks == []
        scheduler.advance(10)
        assert len(lms.callbacks) == 1

    def test_the_code_of_a_reset_exam_is_unknown(self, provider, locator):
        provider.store.remove_attempt(locator)
        assert get(provider, f"/rpnow?code={CODE}").status_code == 404


@pytest.mark.contract("mock-provider#rpnow-review")
class TestReview:
    @pytest.fixture
    def handed_in(self, provider, locator):
        get(provider, f"/rpnow?code={CODE}")
        hand_in(provider)
        return locator

    def test_a_review_is_sent_automatically_after_the_hand_in(self, provider, locator, lms, scenario, scheduler):
        scenario(review={"delay": 10})
        get(provider, f"/rpnow?code={CODE}")
        scheduler.advance(1000)
        assert lms.callbacks == [], "the exam is not over yet"
        hand_in(provider)
        scheduler.advance(10)
        [(path, body, headers, _)] = lms.callbacks
        assert path == RPNOW_CALLBACK
        assert "Authorization" not in headers
        assert body["reviewStatus"] == "Clean"

    def test_a_recording_that_is_handed_in_twice_is_reviewed_once(self, provider, locator, lms, scenario, scheduler):
        scenario(review={"delay": 0})
        get(provider, f"/rpnow?code={CODE}")
        hand_in(provider)
        scheduler.advance(0)
        hand_in(provider)
        scheduler.advance(1000)
        assert len(lms.callbacks) == 1

    def test_a_refused_review_is_sent_again_with_the_same_content(self, provider, locator, lms, scenario, scheduler):
        lms.status = 503
        scenario(review={"delay": 0})
        get(provider, f"/rpnow?code={CODE}")
        hand_in(provider)
        scheduler.advance(0)
        lms.status = 200
        scheduler.advance(1000)
        assert len(lms.callbacks) == 2
        assert lms.callbacks[0].body == lms.callbacks[1].body

    @pytest.mark.parametrize(
        ("verdict", "word", "standard"),
        [
            ("passed", "Clean", "passed"),
            ("violation", "Rules Violation", "violation"),
            ("suspicious", "Suspicious", "suspicious"),
            ("not_reviewed", "Not Reviewed", "not_reviewed"),
        ],
    )
    def test_a_reviewers_verdict_is_read_by_the_lms(self, provider, backend, lms, handed_in, verdict, word, standard):
        data = {"verdict": verdict, "comment": "Seen it"}
        requests.post(f"{provider.url}/reviewer/{handed_in}/", data=data, timeout=5)
        body = lms.callbacks[0][1]
        assert body["reviewStatus"] == word
        assert body["examMetaData"]["examCode"] == CODE
        assert body["examApiData"]["examCode"] == CODE
        review = backend.on_review_callback({"external_id": handed_in, "attempt_code": CODE}, body)
        assert review["status"] == standard
        assert [comment["comment"] for comment in review["comments"]] == ["Seen it", "No other program was used"]
        assert body["videoReviewLink"].startswith(f"{provider.url}/rpnow/recording/DirectLink-Generic")

    def test_the_locator_is_sent_in_the_other_letter_case(self, provider, lms, handed_in):
        requests.post(f"{provider.url}/reviewer/{handed_in}/", data={"verdict": "passed"}, timeout=5)
        sent = lms.callbacks[0][1]["examMetaData"]["ssiRecordLocator"]
        assert sent != handed_in
        assert sent.upper() == handed_in

    @pytest.mark.parametrize("locator_kind", ["wrong", "missing"])
    def test_a_wrong_or_missing_locator_can_be_configured(
        self, provider, backend, lms, handed_in, scenario, locator_kind
    ):
        scenario(rpnow={"locator": locator_kind})
        requests.post(f"{provider.url}/reviewer/{handed_in}/", data={"verdict": "passed"}, timeout=5)
        with pytest.raises(ProctoredExamSuspiciousLookup):
            backend.on_review_callback({"external_id": handed_in, "attempt_code": CODE}, lms.callbacks[0][1])

    def test_a_review_has_every_member_that_the_vendor_sends(self, provider, lms, handed_in):
        requests.post(f"{provider.url}/reviewer/{handed_in}/", data={"verdict": "passed"}, timeout=5)
        body = lms.callbacks[0][1]
        assert set(body) == {
            *("examMetaData", "reviewStatus", "videoReviewLink", "webCamComments", "desktopComments"),
            *("overAllComments", "examDate", "examProcessingStatus", "examTakerEmail", "examTakerFirstName"),
            *("examTakerLastName", "keySetVersion", "userPhotoBase64String", "examApiData"),
        }
        assert set(body["examMetaData"]) == {
            *("examCode", "ssiRecordLocator", "examName", "examSponsor", "organization", "reviewedExam"),
            *("reviewerNotes", "simulatedExam", "ssiExamToken", "ssiProduct"),
        }
        assert body["examMetaData"]["reviewedExam"] == "True"

    def test_the_date_has_the_vendors_format(self):
        moment = datetime(2015, 7, 5, 13, 3, tzinfo=UTC)
        registration = {"attempt_id": "A", "base_url": "", "document": {"examCode": "c", "orgExtra": {}}}
        review = review_document(registration, {"status": "passed", "comments": []}, locator="missing", now=moment)
        assert review["examDate"] == "Jul  5 2015  1:03PM"

    def test_a_signed_review_carries_a_signature(self, provider, lms, handed_in, scenario):
        scenario(review={"signed": "hook-secret"})
        requests.post(f"{provider.url}/reviewer/{handed_in}/", data={"verdict": "passed"}, timeout=5)
        assert lms.callbacks[0][2]["X-Proctoring-Signature"].startswith("v1=")

    def test_a_refusal_is_shown_to_the_reviewer(self, provider, lms, handed_in):
        lms.status = 400
        reply = requests.post(f"{provider.url}/reviewer/{handed_in}/", data={"verdict": "passed"}, timeout=5)
        assert reply.status_code == 502
        assert "Refused (400)" in reply.text

    def test_the_recording_is_shown_at_both_addresses(self, provider, handed_in):
        for kind in ("Generic", "HTML5"):
            assert "Zoë van der Berg" in get(provider, f"/rpnow/recording/DirectLink-{kind}?id={handed_in}").text
        assert get(provider, "/rpnow/recording/DirectLink-HTML5?id=x").status_code == 404
