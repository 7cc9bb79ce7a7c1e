"""Attempts over REST."""

import json
from typing import Any

import pytest
import requests
import responses

from edx_proctoring.backends import call_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
    BackendProviderSentNoAttemptID,
)

from .conftest import BASE_URL, TOKEN_URL, make_rest_provider

EXAM = {"id": 7, "external_id": "ext-exam"}
ATTEMPT = {"external_id": "ext-att", "proctored_exam": {"external_id": "ext-exam"}}
CONTEXT = {"attempt_code": "CODE", "user_id": "u", "full_name": "N", "email": None}

CREATE_URL = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/"
ATTEMPT_URL = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/ext-att/"

# Ways in which a provider does not reply; a refused token counts as one.
NO_ANSWER = [
    pytest.param({"body": requests.ConnectionError("refused")}, id="no-connection"),
    pytest.param({"body": requests.ReadTimeout("slow")}, id="timeout"),
    pytest.param({"body": ConnectionError("builtin")}, id="builtin-connection-error"),
]


def break_token(http: responses.RequestsMock, **reply: Any) -> None:
    http.replace(responses.POST, TOKEN_URL, **reply)


@pytest.mark.contract("provider-wire#register", "provider-wire#register-failures")
class TestRegistration:
    @pytest.mark.contract("provider-wire#bodies")
    def test_the_body_is_the_context_without_the_attempt_code(self, provider, http, sent):
        http.post(CREATE_URL, json={"id": "ext-att"})
        assert provider.register_exam_attempt(EXAM, context=CONTEXT) == "ext-att"
        request = sent()[-1].request
        assert isinstance(request.body, bytes)
        assert json.loads(request.body) == {"user_id": "u", "full_name": "N", "email": None, "status": "created"}
        assert request.body == b'{"user_id": "u", "full_name": "N", "email": null, "status": "created"}'
        assert request.headers["Content-Type"] == "application/json"
        assert "Accept-Language" not in request.headers

    def test_the_callers_context_is_not_changed(self, provider, http):
        http.post(CREATE_URL, json={"id": "ext-att"})
        context = dict(CONTEXT)
        provider.register_exam_attempt(EXAM, context=context)
        assert context == CONTEXT

    @pytest.mark.parametrize("status", [200, 201, 202])
    @pytest.mark.parametrize("attempt_id", ["ext-att", 17, {"odd": 1}])
    def test_any_success_status_with_any_id_is_accepted(self, provider, http, status, attempt_id):
        http.post(CREATE_URL, json={"id": attempt_id}, status=status)
        assert provider.register_exam_attempt(EXAM, context=CONTEXT) == attempt_id

    @pytest.mark.parametrize("reply", NO_ANSWER)
    def test_without_a_reply_the_attempt_cannot_be_registered(self, provider, http, reply):
        http.post(CREATE_URL, **reply)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            provider.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.http_status == 503
        assert not isinstance(caught.value, BackendProviderSentNoAttemptID)

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param({"status": 401, "body": "no"}, id="refused"),
            pytest.param({"body": "not json"}, id="bad-json"),
            pytest.param({"json": ["a", "list"]}, id="a-list"),
            pytest.param({"json": {"access_token": "t"}}, id="no-expiry"),
            pytest.param({"json": {"access_token": "t", "expires_in": "soon"}}, id="expiry-is-a-word"),
            pytest.param({"body": requests.ConnectionError("refused")}, id="no-connection"),
        ],
    )
    def test_without_a_token_the_attempt_cannot_be_registered(self, provider, http, reply):
        break_token(http, **reply)
        http.post(CREATE_URL, json={"id": "ext-att"})
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            provider.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.http_status == 503

    @pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 503])
    def test_the_exception_of_a_refusal_has_body_and_status(self, provider, http, status):
        http.post(CREATE_URL, body=b"some error", status=status)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            provider.register_exam_attempt(EXAM, context=CONTEXT)
        assert (caught.value.content, caught.value.http_status) == (b"some error", status)

    def test_with_bad_json_the_attempt_cannot_be_registered(self, provider, http):
        http.post(CREATE_URL, body="<html>")
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            provider.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.http_status == 200

    @pytest.mark.parametrize("reply", [{}, {"id": None}, {"id": ""}, [], "word", 5, None], ids=str)
    def test_a_reply_without_an_id_raises(self, provider, http, reply):
        http.post(CREATE_URL, body=json.dumps(reply))
        with pytest.raises(BackendProviderSentNoAttemptID) as caught:
            provider.register_exam_attempt(EXAM, context=CONTEXT)
        assert (caught.value.content, caught.value.http_status) == (reply, 200)

    @pytest.mark.parametrize(
        "status", ["onboarding_missing", "onboarding_pending", "onboarding_failed", "onboarding_expired"]
    )
    def test_an_onboarding_status_raises_even_with_an_id(self, provider, http, status):
        http.post(CREATE_URL, json={"id": "ext-att", "status": status})
        with pytest.raises(BackendProviderOnboardingException) as caught:
            provider.register_exam_attempt(EXAM, context=CONTEXT)
        assert caught.value.status == status

    def test_another_status_with_an_id_is_accepted(self, provider, http):
        http.post(CREATE_URL, json={"id": "ext-att", "status": "created"})
        assert provider.register_exam_attempt(EXAM, context=CONTEXT) == "ext-att"


@pytest.mark.contract("provider-wire#unknown-exam")
class TestRegistrationForAnExamWithoutExternalId:
    EXAM = {"id": 7, "external_id": None, "exam_name": "Midterm"}

    def test_the_exam_is_saved_at_the_provider_first(self, provider, http, sent):
        http.post(f"{BASE_URL}/api/v1/exam/", json={"id": "late-exam"})
        http.post(f"{BASE_URL}/api/v1/exam/late-exam/attempt/", json={"id": "ext-att"})
        exam = dict(self.EXAM)
        assert provider.register_exam_attempt(exam, context=CONTEXT) == "ext-att"
        assert exam["external_id"] == "late-exam"
        assert [call.request.url for call in sent()] == [
            f"{BASE_URL}/api/v1/exam/",
            f"{BASE_URL}/api/v1/exam/late-exam/attempt/",
        ]

    def test_if_the_exam_cannot_be_saved_the_attempt_is_not_registered(self, provider, http, sent):
        http.post(f"{BASE_URL}/api/v1/exam/", status=500, body="down")
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            provider.register_exam_attempt(dict(self.EXAM), context=CONTEXT)
        assert len(sent()) == 1


STATUS_CALLS = [
    ("start_exam_attempt", "started"),
    ("stop_exam_attempt", "submitted"),
    ("mark_erroneous_exam_attempt", "error"),
]


@pytest.mark.contract("provider-wire#status", "provider-wire#status-failures")
@pytest.mark.parametrize(("call", "word"), STATUS_CALLS)
class TestStatusReports:
    @pytest.mark.contract("provider-wire#bodies")
    def test_the_status_is_patched_and_the_reply_returned(self, provider, http, sent, call, word):
        http.patch(ATTEMPT_URL, json={"status": "got it"})
        assert getattr(provider, call)("ext-exam", "ext-att") == "got it"
        request = sent()[-1].request
        assert request.method == "PATCH"
        assert request.body == json.dumps({"status": word}).encode()
        assert "Accept-Language" not in request.headers

    @pytest.mark.parametrize("reply", NO_ANSWER)
    def test_without_a_reply_the_error_is_raised(self, provider, http, call, word, reply):
        http.patch(ATTEMPT_URL, **reply)
        with pytest.raises(type(reply["body"])):
            getattr(provider, call)("ext-exam", "ext-att")

    @pytest.mark.parametrize("status", [400, 404, 500])
    def test_an_error_status_is_ignored(self, provider, http, call, word, status):
        http.patch(ATTEMPT_URL, json={"status": "odd"}, status=status)
        assert getattr(provider, call)("ext-exam", "ext-att") == "odd"

    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    def test_with_raises_on_error_a_temporary_error_raises(self, provider, http, call, word, status):
        http.patch(ATTEMPT_URL, json={"status": "odd"}, status=status)
        raises = pytest.raises(requests.HTTPError, match=f"upstream_status={status}")
        with call_options.use(raises_on_error=True), raises:
            getattr(provider, call)("ext-exam", "ext-att")
        assert getattr(provider, call)("ext-exam", "ext-att") == "odd", "the option ends with the block"

    @pytest.mark.parametrize("status", [200, 202])
    def test_with_raises_on_error_a_success_is_returned(self, provider, http, call, word, status):
        http.patch(ATTEMPT_URL, json={"status": "odd"}, status=status)
        with call_options.use(raises_on_error=True):
            assert getattr(provider, call)("ext-exam", "ext-att") == "odd"

    @pytest.mark.parametrize("status", [400, 404])
    def test_with_raises_on_error_a_permanent_error_raises(self, provider, http, call, word, status):
        http.patch(ATTEMPT_URL, json={"status": "odd"}, status=status)
        with call_options.use(raises_on_error=True), pytest.raises(requests.HTTPError, match=str(status)):
            getattr(provider, call)("ext-exam", "ext-att")

    @pytest.mark.parametrize("body", ["", "<html>", "[]", "3"])
    def test_a_reply_that_is_not_a_json_object_is_none(self, provider, http, call, word, body):
        http.patch(ATTEMPT_URL, body=body)
        assert getattr(provider, call)("ext-exam", "ext-att") is None

    @pytest.mark.parametrize(("exam", "attempt"), [("ext-exam", None), ("ext-exam", ""), (None, "ext-att")])
    def test_without_an_external_id_nothing_is_sent(self, provider, sent, call, word, exam, attempt):
        assert getattr(provider, call)(exam, attempt) is None
        assert sent() == []


@pytest.mark.contract("provider-wire#remove-failures")
class TestRemoval:
    @pytest.mark.parametrize(
        ("reply", "removed"),
        [
            pytest.param({"json": {"status": "deleted"}}, True, id="deleted"),
            pytest.param({"status": 404, "body": "?"}, True, id="gone-already"),
            pytest.param({"json": {"status": "kept"}}, False, id="kept"),
            pytest.param({"json": ["deleted"]}, False, id="a-list"),
            pytest.param({"body": "<html>"}, False, id="bad-json"),
            pytest.param({"body": "", "status": 204}, False, id="empty"),
        ],
    )
    def test_the_reply_decides_whether_the_attempt_is_removed(self, provider, http, sent, reply, removed):
        http.delete(ATTEMPT_URL, **reply)
        assert provider.remove_exam_attempt("ext-exam", "ext-att") is removed
        assert sent()[-1].request.body is None

    @pytest.mark.parametrize("status", [400, 403, 500, 503])
    def test_an_error_status_raises(self, provider, http, status):
        http.delete(ATTEMPT_URL, status=status)
        # Without the reason phrase, which is the provider's text.
        with pytest.raises(requests.HTTPError, match=f"^upstream_status={status}$"):
            provider.remove_exam_attempt("ext-exam", "ext-att")

    @pytest.mark.parametrize("reply", NO_ANSWER)
    def test_without_a_reply_the_error_is_raised(self, provider, http, reply):
        http.delete(ATTEMPT_URL, **reply)
        with pytest.raises(type(reply["body"])):
            provider.remove_exam_attempt("ext-exam", "ext-att")

    @pytest.mark.parametrize(("exam", "attempt"), [("ext-exam", None), ("ext-exam", ""), (None, "ext-att")])
    def test_without_an_external_id_nothing_is_sent(self, provider, sent, exam, attempt):
        assert provider.remove_exam_attempt(exam, attempt) is False
        assert sent() == []

    @pytest.mark.contract("provider-wire#remove")
    def test_the_configured_timeout_object_itself_is_passed(self, provider, monkeypatch):
        calls: list[tuple[Any, ...]] = []

        class Answer:
            # Compared only for equality, because outside code passes bare mocks.
            status_code = object()

            def raise_for_status(self):
                calls.append(("raise_for_status",))

            def json(self):
                return {"status": "deleted"}

        def request(method, url, **kwargs):
            calls.append((method, url, kwargs))
            return Answer()

        monkeypatch.setattr(provider.session, "request", request)
        provider.timeout = (3, 30)
        assert provider.remove_exam_attempt("ext-exam", "ext-att") is True
        assert calls[0][:2] == ("DELETE", ATTEMPT_URL)
        assert calls[0][2]["timeout"] is provider.timeout
        assert calls[1] == ("raise_for_status",)


@pytest.mark.contract("provider-wire#attempt", "provider-wire#attempt-failures")
class TestViewOfAnAttempt:
    def test_the_attempt_is_requested_in_the_learners_language(self, provider, http, sent):
        http.get(ATTEMPT_URL, json={"download_url": "https://v.test/d", "instructions": ["Do it"], "more": 1})
        assert provider.get_attempt(ATTEMPT) == {
            "download_url": "https://v.test/d",
            "instructions": ["Do it"],
            "more": 1,
        }
        request = sent()[-1].request
        assert request.method == "GET"
        assert request.body is None
        assert request.headers["Accept-Language"] == "en-us"

    @pytest.mark.parametrize("reply", NO_ANSWER)
    def test_without_a_reply_the_error_is_raised(self, provider, http, reply):
        http.get(ATTEMPT_URL, **reply)
        with pytest.raises(type(reply["body"])):
            provider.get_attempt(ATTEMPT)

    @pytest.mark.parametrize("body", ["<html>", "[]"])
    def test_a_reply_that_is_not_a_json_object_has_empty_instructions_only(self, provider, http, body):
        http.get(ATTEMPT_URL, body=body)
        assert provider.get_attempt(ATTEMPT) == {"instructions": []}

    def test_a_reply_with_an_error_status_is_parsed(self, provider, http):
        http.get(ATTEMPT_URL, json={"instructions": ["still"]}, status=500)
        assert provider.get_attempt(ATTEMPT) == {"instructions": ["still"]}

    def test_without_an_external_id_nothing_is_sent(self, provider, sent):
        assert provider.get_attempt({**ATTEMPT, "external_id": None}) == {"instructions": []}
        assert sent() == []

    def test_a_plugins_own_instructions_replace_the_providers(self, http):
        class Plugin(BaseRestProctoringProvider):
            base_url = BASE_URL
            calls = 0

            @property
            def proctoring_instructions(self):
                self.calls += 1
                return [f"sentence {self.calls}"]

        http.get(ATTEMPT_URL, json={"instructions": ["theirs"]})
        plugin = Plugin(client_id="a", client_secret="b")
        # Evaluated at each call, because they are translated.
        assert plugin.get_attempt(ATTEMPT)["instructions"] == ["sentence 1"]
        assert plugin.get_attempt(ATTEMPT)["instructions"] == ["sentence 2"]

    def test_markup_of_the_provider_is_reduced_to_inline(self, provider, http):
        http.get(
            ATTEMPT_URL,
            json={
                "instructions": [
                    "Tom & Jerry's, 5 > 3",
                    '<script>alert(1)</script><b onclick="x()">Bold</b> <a href="javascript:x()">a</a>',
                    '<a href="https://v.test/">go</a>',
                    17,
                ],
                "download_url": "javascript:alert(1)",
            },
        )
        reply = provider.get_attempt(ATTEMPT)
        assert reply["download_url"] is None
        plain, cleaned, link = reply["instructions"]
        assert plain == "Tom & Jerry's, 5 > 3"
        assert cleaned.startswith("<b>Bold</b>")
        assert "javascript" not in cleaned
        assert 'href="https://v.test/"' in link

    def test_a_custom_scheme_must_be_configured(self, provider, http, settings):
        http.get(ATTEMPT_URL, json={"download_url": "proctor-app://go"})
        settings.PROCTORING_SETTINGS = {"DOWNLOAD_URL_SCHEMES": ["proctor-app"]}
        assert provider.get_attempt(ATTEMPT)["download_url"] == "proctor-app://go"

    @pytest.mark.contract("provider-wire#attempt-cache")
    def test_a_reply_is_reused_for_fifteen_seconds_per_language(self, provider, http, sent, freezer_at):
        from django.utils import translation

        http.get(ATTEMPT_URL, json={"instructions": ["Do it"]})
        with freezer_at("2030-01-02 03:04:05") as clock:
            provider.get_attempt(ATTEMPT)["instructions"].append("changed by the caller")
            assert provider.get_attempt(ATTEMPT) == {"instructions": ["Do it"]}
            assert len(sent()) == 1
            with translation.override("es"):
                provider.get_attempt(ATTEMPT)
            assert len(sent()) == 2
            clock.tick(16)
            provider.get_attempt(ATTEMPT)
            assert len(sent()) == 3

    def test_another_instance_does_not_share_the_reply(self, provider, http):
        http.get(ATTEMPT_URL, json={"instructions": ["first"]})
        provider.get_attempt(ATTEMPT)
        http.replace(responses.GET, ATTEMPT_URL, json={"instructions": ["second"]})
        assert make_rest_provider().get_attempt(ATTEMPT) == {"instructions": ["second"]}


@pytest.mark.contract("provider-wire#helper")
class TestAttemptRequestHelper:
    """``_make_attempt_request``, which plug-ins call and override."""

    def test_further_values_are_sent_with_a_status(self, provider, http, sent):
        http.post(ATTEMPT_URL, json={"a": 1})
        assert provider._make_attempt_request("ext-exam", "ext-att", status="x", extra=2) == {"a": 1}
        assert json.loads(sent()[-1].request.body) == {"extra": 2, "status": "x"}

    def test_without_a_status_there_is_no_body(self, provider, http, sent):
        http.post(ATTEMPT_URL, json={"a": 1})
        provider._make_attempt_request("ext-exam", "ext-att", extra=2)
        assert sent()[-1].request.body is None
