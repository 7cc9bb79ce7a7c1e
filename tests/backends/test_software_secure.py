"""RPNow."""

import base64
import copy
import json
import logging
import subprocess
import sys
from typing import Any

import pytest
import requests
from crum import get_current_request, set_current_request
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from edx_proctoring import constants
from edx_proctoring.backends.software_secure import SOFTWARE_SECURE_INVALID_CHARS, SoftwareSecureBackendProvider
from edx_proctoring.backends.software_secure_passwords import encrypt_aes_gcm
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
    ProctoredExamBadReviewStatus,
    ProctoredExamSuspiciousLookup,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import encrypt_and_encode
from tests.factories import make_attempt, make_user

from .conftest import SOFTWARE_SECURE_OPTIONS

CODE = "4D07A01A-1502-422E-B943-93AC04DC6CED"
NOW = "2030-01-02 03:04:05"
HTTP_DATE = "Wed, 02 Jan 2030 03:04:05 GMT"
ENDPOINT = SOFTWARE_SECURE_OPTIONS["exam_register_endpoint"]
JSON_HEADERS = {"Content-Type": "application/json"}

EXAM = {"id": 42, "course_id": "course-v1:Acme+CS101+2030", "exam_name": 'Midterm: "Größe" [A/B] #1?'}
CONTEXT: dict[str, Any] = {
    "attempt_code": CODE,
    "time_limit_mins": 90,
    "is_sample_attempt": False,
    "full_name": "Zoë van der Berg",
    "email": "zoe@example.test",
    "review_policy": "Open Book",
    "review_policy_exception": "calculator allowed",
}

# The published vectors were computed with an empty URL prefix, without ``api/``.
LAUNCH_URL = f"http://localhost:8000/edx_proctoring/proctoring_launch_callback/start_exam/{CODE}"

CANONICAL = f"""duration:90
examCode:{CODE}
examName:Midterm_ _Groe_ _A_B_ _1_
examPassword:/TSwDjulSOB9pykDgT3Eq5bH1QqD9rv+vXYgHkgtit9ePz53USHpJw==
examSponsor:Acme LMS
examUrl:{LAUNCH_URL}
orgExtra.courseID:course-v1:Acme+CS101+2030
orgExtra.examEndDate:Wed, 02 Jan 2030 04:34:05 GMT
orgExtra.examID:42
orgExtra.examStartDate:{HTTP_DATE}
orgExtra.firstName:Zoë
orgExtra.lastName:van der Berg
orgExtra.noOfStudents:1
organization:acme-org
reviewedExam:true
reviewerNotes:Open Book; calculator allowed
ssiProduct:rp-now
"""


@pytest.fixture
def rpnow(make_software_secure) -> SoftwareSecureBackendProvider:
    return make_software_secure()


@pytest.mark.contract("rpnow#password-cipher")
class TestTripleDES:
    @pytest.mark.contract("rpnow#password-examples")
    @pytest.mark.parametrize(
        ("key", "text", "encrypted"),
        [
            (b"abcdefghijklmnopqrstuvwx", CODE, "/TSwDjulSOB9pykDgT3Eq5bH1QqD9rv+vXYgHkgtit9ePz53USHpJw=="),
            (b"abcdefghijklmnopqrstuvwx", "", "FUCNb+FYBaM="),
            (b"abcdefghijklmnopqrstuvwx", "1234567", "4Zf2/S42Yy0="),
            (b"abcdefghijklmnopqrstuvwx", "12345678", "4LnnIGzHsCQVQI1v4VgFow=="),
            (b"abcdefghijklmnop", CODE, "mhDoxLoBEYmhqbrfCu9+ThRQXF6w1QkkqLMPOzO9mZpo+MQNBQqANQ=="),
            (b"abcdefghijklmnop", "", "9cmRm0IP06w="),
            (b"abcdefghijklmnop", "12345678", "ugxJUzRT6U/1yZGbQg/TrA=="),
            (b"123456789123456712345678", CODE, "g6OAjiKQN78sk+/j9ohJA9IBCpkiE6e4sG6eA18rMb3tDsjb/Q1YnA=="),
        ],
    )
    def test_a_password_is_encrypted_as_in_the_published_vectors(self, rpnow, key, text, encrypted):
        assert rpnow._encrypt_password(key, text) == encrypted

    @pytest.mark.contract("rpnow#password-examples")
    @pytest.mark.parametrize(
        "key",
        [
            pytest.param(b"abcdefghabcdefghijklmnop", id="first-two-parts-equal"),
            pytest.param(b"ijklmnopabcdefghabcdefgh", id="last-two-parts-equal"),
            pytest.param(b"abcdefghabcdefgh", id="sixteen-with-equal-halves"),
            # DES uses the lowest bit of each byte as parity.
            pytest.param(
                b"abcdefgh" + bytes(byte ^ 1 for byte in b"abcdefgh") + b"ijklmnop", id="equal-except-for-parity"
            ),
            pytest.param(b"abcdefgh", id="single-des"),
            pytest.param(b"abc", id="too-short"),
            pytest.param(b"a" * 32, id="too-long"),
            pytest.param(b"", id="empty"),
        ],
    )
    def test_a_key_that_does_not_fit_the_cipher_raises(self, rpnow, key):
        with pytest.raises(ValueError, match="Triple DES"):
            rpnow._encrypt_password(key, CODE)

    def test_text_that_is_not_ascii_raises(self, rpnow):
        with pytest.raises(ValueError, match="ascii"):
            rpnow._encrypt_password(b"abcdefghijklmnopqrstuvwx", "ü")

    def test_importing_the_module_does_not_warn(self):
        # In a new process, because it is already imported in this one.
        code = (
            "import edx_proctoring.backends.software_secure_passwords as p; "
            "p.encrypt_triple_des(b'abcdefghijklmnop', 'x')"
        )
        subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)

    def test_the_key_is_text_not_hex(self, make_software_secure):
        assert make_software_secure(crypto_key="äbc").crypto_key == "äbc".encode()


@pytest.mark.contract("rpnow#aes-cipher")
class TestAesGcm:
    KEY = "00" * 31 + "01"

    def test_the_receiver_can_decrypt_the_password(self, make_software_secure):
        provider = make_software_secure(password_cipher="aes-256-gcm", crypto_key=self.KEY)
        raw = base64.b64decode(provider._encrypt_password(provider.crypto_key, CODE))
        assert AESGCM(bytes.fromhex(self.KEY)).decrypt(raw[:12], raw[12:], b"acme-org") == CODE.encode()

    def test_a_key_without_thirty_two_bytes_raises(self):
        with pytest.raises(ValueError, match="32 bytes"):
            encrypt_aes_gcm(b"short", CODE, associated="x")

    def test_an_unknown_cipher_raises_with_its_name(self, make_software_secure):
        with pytest.raises(ValueError, match="rot13"):
            make_software_secure(password_cipher="rot13").check_encryption()


@pytest.mark.contract("rpnow#signature")
class TestCanonicalBody:
    @pytest.mark.contract("rpnow#signature-examples", "rpnow#registration-body", "rpnow#canonical-body")
    def test_the_signed_form_of_a_registration_equals_the_vector(self, rpnow, freezer_at):
        with freezer_at(NOW):
            payload = rpnow._get_payload(EXAM, CONTEXT)
        assert rpnow._body_string(payload).decode() == CANONICAL

    @pytest.mark.contract("rpnow#registration-body")
    def test_the_body_has_its_keys_in_the_published_order(self, rpnow):
        payload = rpnow._get_payload(EXAM, CONTEXT)
        assert list(payload) == [
            "examCode",
            "organization",
            "duration",
            "reviewedExam",
            "reviewerNotes",
            "examPassword",
            "examSponsor",
            "examName",
            "ssiProduct",
            "examUrl",
            "orgExtra",
        ]

    @pytest.mark.contract("rpnow#signature-examples", "rpnow#canonical-body")
    def test_the_signed_form_of_a_minimal_body_equals_the_vector(self, rpnow):
        assert rpnow._body_string({"a": 1, "orgExtra": {}}) == b"a:1\n"

    @pytest.mark.contract("rpnow#signature-examples", "rpnow#canonical-body")
    def test_the_signed_form_of_unusual_values_equals_the_vector(self, rpnow):
        body = {
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
        expected = (
            "Z:upper\nl.0:1\nl.1:2\nd.x:1\ny.z:2\nempty:\nf:false\nfl:1.5\nlst.0:a\nlst.1:None\nlst.2:True\n"
            "lst.3:0\nlst.4.a:null\nlst.4.b:false\nn.k:1\nnone:null\none:1\nt:true\ntup.0:x\nzero:null\nünï:ö\n"
        )
        assert rpnow._body_string(body).decode() == expected

    @pytest.mark.parametrize(
        ("headers", "date", "signed"),
        [
            (JSON_HEADERS, HTTP_DATE, f"application/json\n{HTTP_DATE}\n".encode()),
            ({}, HTTP_DATE, f"{HTTP_DATE}\n".encode()),
            (JSON_HEADERS, None, b"application/json\n"),
            ({"Accept": "x"}, "", b""),
        ],
    )
    def test_the_signed_form_of_the_headers_has_a_line_for_each_that_is_set(self, rpnow, headers, date, signed):
        assert rpnow._header_string(headers, date) == signed


@pytest.mark.contract("rpnow#signature")
class TestSignature:
    def sign(self, provider, payload):
        return provider._sign_doc(payload, "POST", JSON_HEADERS, HTTP_DATE)

    @pytest.mark.contract("rpnow#signature-examples")
    def test_the_signature_of_a_registration_equals_the_vector(self, rpnow, freezer_at):
        with freezer_at(NOW):
            payload = rpnow._get_payload(EXAM, CONTEXT)
        assert self.sign(rpnow, payload) == b"SSI kid-01:fVcnXIAjOgbgQAsF/7No0k584ms6f0EBDpZERufJOkk="

    @pytest.mark.contract("rpnow#signature-examples")
    def test_the_signature_of_a_registration_with_few_values_equals_the_vector(self, make_software_secure, freezer_at):
        provider = make_software_secure(send_email=True)
        context = {
            "attempt_code": CODE,
            "time_limit_mins": 90,
            "is_sample_attempt": True,
            "full_name": "",
            "email": None,
        }
        with freezer_at(NOW):
            payload = provider._get_payload({**EXAM, "exam_name": "到处群魔乱舞"}, context)
        lines = provider._body_string(payload).decode().splitlines()
        assert {
            "examName:Proctored Exam",
            "orgExtra.email:null",
            "orgExtra.firstName:",
            "orgExtra.lastName:",
            "reviewedExam:false",
            "reviewerNotes:Closed Book",
        } <= set(lines)
        assert self.sign(provider, payload) == b"SSI kid-01:tI+d9/PeW4s588YoexW6M+7BtdwyGS6aT/t5k1Jq2tM="

    @pytest.mark.contract("rpnow#signature-examples")
    def test_the_signature_of_a_minimal_body_equals_the_vector(self, rpnow):
        signature = self.sign(rpnow, {"a": 1, "orgExtra": {}})
        assert signature == b"SSI kid-01:CqE1K61j9vm+aZRXadsTIms4OEa2dKyLSJ5nr7pPZRU="

    def test_the_log_has_only_the_attempt_code_and_the_course(self, rpnow, caplog):
        with caplog.at_level(logging.INFO, logger="edx_proctoring.backends.software_secure"):
            self.sign(rpnow, rpnow._get_payload(EXAM, CONTEXT))
        assert CODE in caplog.text
        assert EXAM["course_id"] in caplog.text
        assert "Berg" not in caplog.text


@pytest.mark.contract("rpnow#registration-body", "rpnow#names")
class TestRegistrationBody:
    def test_the_email_is_sent_only_if_configured(self, rpnow, make_software_secure):
        assert "email" not in rpnow._get_payload(EXAM, CONTEXT)["orgExtra"]
        with_email = make_software_secure(send_email=True)._get_payload(EXAM, CONTEXT)
        assert with_email["orgExtra"]["email"] == "zoe@example.test"

    @pytest.mark.parametrize("char", SOFTWARE_SECURE_INVALID_CHARS)
    def test_a_character_that_the_vendor_refuses_is_replaced(self, rpnow, char):
        assert rpnow._get_payload({**EXAM, "exam_name": f"a{char}b"}, CONTEXT)["examName"] == "a_b"

    def test_the_refused_characters_are_the_published_fourteen(self):
        assert sorted(SOFTWARE_SECURE_INVALID_CHARS) == sorted(set("[]<>#:|!?/'\"*\\"))
        assert len(SOFTWARE_SECURE_INVALID_CHARS) == 14

    @pytest.mark.contract("rpnow#signature-examples")
    @pytest.mark.parametrize(
        ("name", "parts"),
        [
            ("John Doe", ("John", "Doe")),
            ("Johnny", ("Johnny", "")),
            ("Baron von Munchausen", ("Baron", "von Munchausen")),
            ("", ("", "")),
            (" A  B ", ("", "A  B ")),
        ],
    )
    def test_a_full_name_is_split_at_the_first_space(self, rpnow, name, parts):
        assert rpnow._split_fullname(name) == parts

    @pytest.mark.contract("rpnow#reviewer-notes")
    @pytest.mark.parametrize(
        ("context", "notes"),
        [
            pytest.param({}, "Patched Policy", id="no-policy"),
            pytest.param({"review_policy_exception": "music"}, "Patched Policy; music", id="exception-only"),
            pytest.param({"review_policy": "Open"}, "Open", id="policy"),
            pytest.param({"review_policy": "Open", "review_policy_exception": ""}, "Open", id="empty-exception"),
            pytest.param({"review_policy": "", "review_policy_exception": None}, "", id="an-empty-policy-is-one"),
        ],
    )
    def test_reviewer_notes_are_the_policy_with_the_exception(self, rpnow, monkeypatch, context, notes):
        monkeypatch.setattr(constants, "DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY", "Patched Policy", raising=False)
        bare = {key: value for key, value in CONTEXT.items() if not key.startswith("review_policy")}
        assert rpnow._get_payload(EXAM, {**bare, **context})["reviewerNotes"] == notes

    def test_the_exam_url_has_the_scheme_of_the_platform(self, rpnow, settings):
        settings.HTTPS = "on"
        assert rpnow._get_payload(EXAM, CONTEXT)["examUrl"].startswith("https://localhost:8000/")

    @pytest.mark.contract("rpnow#related-vendors")
    def test_a_related_vendor_may_change_keys_and_scheme(self, http):
        class Related(SoftwareSecureBackendProvider):
            record_locator_key = "sessionId"
            signature_scheme = "REL"

            def extend_org_extra(self, org_extra, exam, context):
                org_extra["userID"] = 7

        http.post(ENDPOINT, json={"sessionId": "s-1"})
        assert Related(**SOFTWARE_SECURE_OPTIONS).register_exam_attempt(EXAM, context=CONTEXT) == "s-1"
        request = http.calls[-1].request
        assert json.loads(request.body)["orgExtra"]["userID"] == 7
        assert request.headers["Authorization"].startswith(b"REL kid-01:")


@pytest.mark.contract("rpnow#sending")
class TestRegistering:
    def test_a_registration_is_sent_in_the_published_form(self, rpnow, http, freezer_at):
        http.post(ENDPOINT, json={"ssiRecordLocator": "loc-1"}, status=201)
        with freezer_at(NOW):
            assert rpnow.register_exam_attempt(EXAM, context=CONTEXT) == "loc-1"
            payload = rpnow._get_payload(EXAM, CONTEXT)
        request = http.calls[-1].request
        assert request.headers["Date"] == HTTP_DATE
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["Authorization"] == b"SSI kid-01:fVcnXIAjOgbgQAsF/7No0k584ms6f0EBDpZERufJOkk="
        assert request.body == json.dumps(payload)
        assert request.req_kwargs["timeout"] == 10

    def test_a_configured_timeout_is_used(self, make_software_secure, http):
        http.post(ENDPOINT, json={"ssiRecordLocator": "loc-1"})
        make_software_secure(timeout=3).register_exam_attempt(EXAM, context=CONTEXT)
        assert http.calls[-1].request.req_kwargs["timeout"] == 3

    @pytest.mark.parametrize("status", [202, 400, 404, 500])
    def test_a_refusal_raises_with_the_status_and_is_logged(self, rpnow, http, status, caplog):
        http.post(ENDPOINT, body="their reason" + "x" * 5000, status=status)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            rpnow.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.http_status == status
        for part in (CODE, str(status), "their reason"):
            assert part in str(caught.value)
        assert "their reason" not in caplog.text
        assert "response=sha256:" in caplog.text

    @pytest.mark.parametrize("body", ["{}", "<html>", "[]", '{"ssiRecordLocator": ""}', ""])
    def test_a_reply_without_a_locator_raises(self, rpnow, http, body):
        http.post(ENDPOINT, body=body)
        with pytest.raises(BackendProviderSentNoAttemptID) as caught:
            rpnow.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.http_status == 200

    @pytest.mark.parametrize("error", [requests.ConnectionError("x"), requests.ReadTimeout("x"), ConnectionError("x")])
    def test_without_a_reply_the_registration_raises(self, rpnow, http, error):
        http.post(ENDPOINT, body=error)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            rpnow.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.http_status == 503

    @pytest.mark.parametrize("error", [ValueError("degenerate"), UnsupportedAlgorithm("FIPS")])
    def test_if_the_password_cannot_be_encrypted_nothing_is_sent(self, rpnow, http, monkeypatch, error):
        def fail(*args: Any) -> str:
            raise error

        monkeypatch.setattr(rpnow, "_encrypt_password", fail)
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            rpnow.register_exam_attempt(EXAM, context=CONTEXT)
        assert len(http.calls) == 0


@pytest.mark.contract("rpnow#class", "rpnow#interface")
class TestOtherMethods:
    def test_attributes_have_their_published_values(self, rpnow):
        assert rpnow.verbose_name == "RPNow"
        assert list(rpnow.passing_statuses) == ["Clean", "Rules Violation"]
        assert rpnow.has_dashboard is rpnow.supports_onboarding is False

    def test_further_options_become_attributes(self, make_software_secure):
        assert make_software_secure(tech_support_phone="+1").tech_support_phone == "+1"

    def test_a_missing_option_raises(self):
        with pytest.raises(TypeError, match="crypto_key"):
            SoftwareSecureBackendProvider(**{k: v for k, v in SOFTWARE_SECURE_OPTIONS.items() if k != "crypto_key"})

    def test_status_reports_and_removals_send_nothing(self, rpnow):
        assert rpnow.start_exam_attempt("e", "a") is None
        assert rpnow.stop_exam_attempt("e", "a") is None
        assert rpnow.mark_erroneous_exam_attempt("e", "a") is None
        assert rpnow.on_exam_saved({}) is None
        assert rpnow.remove_exam_attempt("e", "a") is True
        assert rpnow.get_attempt({"id": 1}) == {"id": 1}

    def test_the_configuration_comes_from_the_options(self, rpnow):
        assert rpnow.get_software_download_url() == "http://vendor.test/download"
        assert rpnow.get_proctoring_config() == {
            "download_url": "http://vendor.test/download",
            "name": "RPNow",
            "rules": {},
            "instructions": [],
        }


@pytest.mark.contract("rpnow#content-gate")
class TestContentGate:
    @pytest.fixture(autouse=True)
    def no_request_left(self):
        yield
        set_current_request(None)

    def request_with(self, **cookies: str):
        request = RequestFactory().get("/")
        request.COOKIES.update(cookies)
        set_current_request(request)

    def test_without_a_request_content_is_blocked(self, rpnow):
        set_current_request(None)
        assert rpnow.should_block_access_to_exam_material() is True

    def test_without_a_cookie_content_is_blocked(self, rpnow):
        self.request_with()
        assert rpnow.should_block_access_to_exam_material() is True

    def test_with_an_unsigned_cookie_content_is_blocked(self, rpnow):
        self.request_with(exam=CODE)
        assert rpnow.should_block_access_to_exam_material() is True

    def test_with_any_signed_cookie_content_is_shown(self, rpnow):
        response = HttpResponse()
        response.set_signed_cookie("exam", "anything")
        self.request_with(exam=response.cookies["exam"].value)
        assert rpnow.should_block_access_to_exam_material() is False

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("status", "whose", "code", "blocked"),
        [
            pytest.param(S.started, "own", CODE, False, id="own-running-attempt"),
            pytest.param(S.ready_to_submit, "own", CODE, False, id="on-the-submit-page"),
            pytest.param(S.started, "own", "anything", True, id="another-code"),
            pytest.param(S.submitted, "own", CODE, True, id="an-earlier-exam"),
            pytest.param(S.started, "another's", CODE, True, id="another-learner"),
            pytest.param(S.started, "nobody's", CODE, True, id="nobody-is-signed-in"),
        ],
    )
    def test_in_strict_mode_the_cookie_must_name_the_learners_running_attempt(
        self, make_software_secure, status, whose, code, blocked
    ):
        attempt = make_attempt(status=status, attempt_code=CODE)
        response = HttpResponse()
        response.set_signed_cookie("exam", code)
        self.request_with(exam=response.cookies["exam"].value)
        people = {"own": attempt.user, "another's": make_user(), "nobody's": AnonymousUser()}
        get_current_request().user = people[whose]
        assert make_software_secure(strict_content_gate=True).should_block_access_to_exam_material() is blocked
        assert make_software_secure().should_block_access_to_exam_material() is False, "control: without strict mode"


ATTEMPT = {"external_id": "abc", "attempt_code": CODE}
REVIEW: dict[str, Any] = {
    "examMetaData": {"ssiRecordLocator": "ABC"},
    "reviewStatus": "Rules Violation",
    "desktopComments": [
        {"comments": "d1", "duration": 5, "eventStart": 4, "eventFinish": 9, "eventStatus": "Suspicious"}
    ],
    "webCamComments": [{"comments": "w1", "duration": 1, "eventStart": 1, "eventFinish": 2, "eventStatus": "Clean"}],
}


def review_with(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(REVIEW), **changes}


@pytest.mark.contract("rpnow#review-checks", "rpnow#review-conversion")
class TestReview:
    @pytest.mark.contract("rpnow#review-examples")
    def test_a_review_is_normalised_as_in_the_published_vector(self, rpnow):
        result = rpnow.on_review_callback(ATTEMPT, REVIEW)
        assert result["payload"] is REVIEW
        assert {key: value for key, value in result.items() if key != "payload"} == {
            "status": "violation",
            "comments": [
                {"start": 1, "stop": 2, "duration": 1, "comment": "w1", "status": "Clean"},
                {"start": 4, "stop": 9, "duration": 5, "comment": "d1", "status": "Suspicious"},
            ],
            "reviewed_by": None,
        }

    @pytest.mark.parametrize(
        ("vendor", "standard"),
        [
            ("Clean", "passed"),
            ("Rules Violation", "violation"),
            ("Suspicious", "suspicious"),
            ("Not Reviewed", "not_reviewed"),
        ],
    )
    def test_each_verdict_has_its_standard_status(self, rpnow, vendor, standard):
        assert rpnow.on_review_callback(ATTEMPT, review_with(reviewStatus=vendor))["status"] == standard

    @pytest.mark.contract("rpnow#review-examples")
    def test_the_locator_is_checked_before_the_verdict(self, rpnow):
        wrong = review_with(examMetaData={"ssiRecordLocator": "zzz"}, reviewStatus="Bogus")
        with pytest.raises(ProctoredExamSuspiciousLookup):
            rpnow.on_review_callback(ATTEMPT, wrong)

    @pytest.mark.parametrize("status", ["Bogus", None, 5, ["Clean"], {}])
    def test_an_unknown_verdict_raises(self, rpnow, status):
        with pytest.raises(ProctoredExamBadReviewStatus):
            rpnow.on_review_callback(ATTEMPT, review_with(reviewStatus=status))

    @pytest.mark.parametrize(
        "meta", [None, {}, [], "ABC", {"ssiRecordLocator": None}, {"ssiRecordLocator": 5}], ids=str
    )
    def test_a_review_without_a_locator_raises(self, rpnow, meta):
        with pytest.raises(ProctoredExamSuspiciousLookup):
            rpnow.on_review_callback(ATTEMPT, review_with(examMetaData=meta))

    @pytest.mark.parametrize("payload", [None, [], "text", 5])
    def test_a_review_that_is_not_an_object_raises(self, rpnow, payload):
        with pytest.raises(ProctoredExamSuspiciousLookup):
            rpnow.on_review_callback(ATTEMPT, payload)

    def test_a_review_of_an_attempt_without_an_external_id_raises(self, rpnow):
        with pytest.raises(ProctoredExamSuspiciousLookup):
            rpnow.on_review_callback({**ATTEMPT, "external_id": None}, REVIEW)

    def test_with_simulation_the_locator_is_not_compared(self, rpnow, settings):
        settings.PROCTORING_SETTINGS = {"ALLOW_CALLBACK_SIMULATION": True}
        assert rpnow.on_review_callback(ATTEMPT, review_with(examMetaData={}))["status"] == "violation"

    @pytest.mark.parametrize("comments", [None, []])
    def test_missing_comments_are_an_empty_list(self, rpnow, comments):
        result = rpnow.on_review_callback(ATTEMPT, review_with(webCamComments=comments, desktopComments=comments))
        assert result["comments"] == []

    def test_missing_members_of_a_comment_are_zero_or_empty(self, rpnow):
        result = rpnow.on_review_callback(ATTEMPT, review_with(webCamComments=[{}], desktopComments=[]))
        assert result["comments"] == [{"start": 0, "stop": 0, "duration": 0, "comment": "", "status": ""}]

    def test_comments_that_are_not_a_list_raise(self, rpnow):
        with pytest.raises(ProctoredBaseException, match="desktopComments") as caught:
            rpnow.on_review_callback(ATTEMPT, review_with(desktopComments="text"))
        assert caught.value.http_status == 400


@pytest.mark.contract("rpnow#recording")
class TestRecording:
    KEY = "00112233445566778899aabbccddeeff"
    URL = "http://video.example.test/AdminSite/Account/Reviewer/DirectLink-Generic.aspx?ID=foo"
    # The vector of 15.4 under this key.
    STORED = (
        b"e-4e8v8nYLYl9k24T9Ra5YkQRPsoZ3rHHE-pykUWM0eAG6czlGCX2V6PYywbG1l3wIOLIWJJ2O9mTUcleC61sJwQu-UBDFj0QtpU4_AC"
        b"suMY6KToW9cWBs-JFhTLMID3"
    )

    @pytest.mark.parametrize("form", [bytes, memoryview, lambda value: value.decode()], ids=["bytes", "memory", "text"])
    def test_the_decrypted_link_leads_to_the_player(self, make_software_secure, form):
        provider = make_software_secure(video_review_aes_key=self.KEY)
        url = provider.get_instructor_url("c", {}, encrypted_video_review_url=form(self.STORED))
        assert url == self.URL.replace("DirectLink-Generic", "DirectLink-HTML5")

    @pytest.mark.parametrize("stored", [None, b"", ""])
    def test_without_a_stored_link_there_is_no_recording(self, make_software_secure, stored):
        provider = make_software_secure(video_review_aes_key=self.KEY)
        assert provider.get_instructor_url("c", {}, encrypted_video_review_url=stored) is None

    @pytest.mark.parametrize("key", [None, "", "zz", "ffffffffffffffffffffffffffffffff"])
    def test_with_a_wrong_key_there_is_no_recording(self, make_software_secure, key, caplog):
        provider = make_software_secure(video_review_aes_key=key)
        assert provider.get_instructor_url("c", {}, encrypted_video_review_url=self.STORED) is None
        assert "not decrypted" in caplog.text

    def test_a_link_that_is_not_a_web_address_is_not_returned(self, make_software_secure):
        provider = make_software_secure(video_review_aes_key=self.KEY)
        stored = encrypt_and_encode("javascript:alert(1)", bytes.fromhex(self.KEY))
        assert provider.get_instructor_url("c", {}, encrypted_video_review_url=stored) is None

    def test_the_key_is_the_configured_one(self, make_software_secure):
        assert make_software_secure().get_video_review_aes_key() is None
        assert make_software_secure(video_review_aes_key=self.KEY).get_video_review_aes_key() == self.KEY
