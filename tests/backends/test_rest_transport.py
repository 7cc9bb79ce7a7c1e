"""Options, token, time limits and worker script of a REST provider."""

import contextlib
import io
import json
import time
import warnings
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
import requests
import responses
from django.core.exceptions import ImproperlyConfigured
from edx_rest_api_client import client
from webpack_loader.exceptions import WebpackBundleLookupError

from edx_proctoring.backends import http_limits, oauth_session, reply_errors, rest
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import BackendProviderCannotRetireUser

from .conftest import BASE_URL, CLIENT_SECRET, TOKEN_URL, make_rest_provider

CONFIG_URL = f"{BASE_URL}/api/v1/config/"


@pytest.mark.contract("provider-wire#attributes")
class TestOptions:
    def test_attributes_have_their_published_defaults(self):
        provider = make_rest_provider()
        assert provider.timeout == 30
        assert provider.token_expiration_time == 60
        assert provider.needs_oauth is provider.has_dashboard is provider.supports_onboarding is True
        assert provider.passing_statuses == ("Clean",)
        assert provider.default_rules is None

    @pytest.mark.contract("provider-interface#attribute-precedence")
    def test_options_win_over_class_attributes(self):
        class Plugin(BaseRestProctoringProvider):
            base_url = "http://class.test"
            verbose_name = "Class"

        plugin = Plugin(base_url="http://option.test", verbose_name="Option", anything="else")
        assert (plugin.config_url, plugin.verbose_name) == ("http://option.test/api/v1/config/", "Option")
        assert plugin.anything == "else"

    @pytest.mark.contract("provider-wire#addresses")
    def test_urls_are_built_from_the_base_url(self):
        provider = make_rest_provider()
        assert {
            name: getattr(provider, name)
            for name in (
                "config_url",
                "create_exam_url",
                "exam_url",
                "create_exam_attempt_url",
                "exam_attempt_url",
                "instructor_url",
                "user_info_url",
                "onboarding_statuses_url",
            )
        } == {
            "config_url": f"{BASE_URL}/api/v1/config/",
            "create_exam_url": f"{BASE_URL}/api/v1/exam/",
            "exam_url": f"{BASE_URL}/api/v1/exam/{{exam_id}}/",
            "create_exam_attempt_url": f"{BASE_URL}/api/v1/exam/{{exam_id}}/attempt/",
            "exam_attempt_url": f"{BASE_URL}/api/v1/exam/{{exam_id}}/attempt/{{attempt_id}}/",
            "instructor_url": f"{BASE_URL}/api/v1/instructor/{{client_id}}/?jwt={{jwt}}",
            "user_info_url": f"{BASE_URL}/api/v1/user/{{user_id}}/",
            "onboarding_statuses_url": f"{BASE_URL}/api/v1/courses/{{course_id}}/onboarding_statuses",
        }

    @pytest.mark.contract("provider-wire#base-url")
    def test_without_a_base_url_the_constructor_raises(self):
        with pytest.raises(ImproperlyConfigured, match="BaseRestProctoringProvider"):
            BaseRestProctoringProvider(client_id="a", client_secret="b")

    def test_a_pair_from_a_configuration_file_becomes_a_tuple(self):
        assert make_rest_provider(timeout=[3, 30]).timeout == (3, 30)


@pytest.mark.contract("provider-wire#token")
class TestToken:
    def test_the_token_is_requested_and_sent_in_the_published_form(self, provider, http, sent):
        http.get(CONFIG_URL, json={})
        provider.get_proctoring_config()
        token_request = http.calls[0].request
        assert token_request.url == TOKEN_URL
        assert parse_qs(token_request.body) == {
            "grant_type": ["client_credentials"],
            "client_id": ["client-a"],
            "client_secret": [CLIENT_SECRET],
            "token_type": ["jwt"],
        }
        assert "edx-rest-api-client" in token_request.headers["User-Agent"]
        assert token_request.req_kwargs["timeout"] == (3.05, 5)
        assert sent()[0].request.headers["Authorization"] == "JWT token-1"
        assert "edx-rest-api-client" in sent()[0].request.headers["User-Agent"]

    def test_two_calls_share_one_token(self, provider, http, sent):
        http.get(f"{BASE_URL}/api/v1/exam/1/", json={})
        provider.get_exam({"id": 1})
        provider.get_exam({"id": 1})
        assert len(http.calls) - len(sent()) == 1

    @pytest.mark.parametrize(
        ("address", "url"),
        [
            ("http://p.test", "http://p.test/oauth2/access_token"),
            ("http://p.test/", "http://p.test/oauth2/access_token"),
            ("http://p.test/oauth2", "http://p.test/oauth2/access_token"),
            ("http://p.test/oauth2/", "http://p.test/oauth2/access_token"),
            ("http://p.test/some/access_token", "http://p.test/some/access_token"),
            ("http://p.test/some/access_token/", "http://p.test/some/access_token/"),
        ],
    )
    def test_the_token_url_is_completed_as_the_client_does(self, address, url):
        assert oauth_session._token_url(address) == client._get_oauth_url(address) == url

    def test_a_new_token_is_fetched_five_seconds_before_expiry(self, provider, http, sent, freezer_at):
        http.replace(responses.POST, TOKEN_URL, json={"access_token": "token-1", "expires_in": 60})
        http.get(f"{BASE_URL}/api/v1/exam/1/", json={})
        with freezer_at("2030-01-02 03:04:05") as clock:
            for seconds in (0, 54, 2):
                clock.tick(seconds)
                provider.get_exam({"id": 1})
        assert len(http.calls) - len(sent()) == 2

    def test_the_token_in_the_cache_is_shared_by_objects_with_the_same_secret(self, provider, http, sent):
        http.get(f"{BASE_URL}/api/v1/exam/1/", json={})
        provider.get_exam({"id": 1})
        make_rest_provider().get_exam({"id": 1})
        assert len(http.calls) - len(sent()) == 1

    def test_a_new_secret_gets_a_new_token(self, provider, http, sent):
        http.get(f"{BASE_URL}/api/v1/exam/1/", json={})
        provider.get_exam({"id": 1})
        make_rest_provider(client_secret=CLIENT_SECRET + "-new").get_exam({"id": 1})
        assert len(http.calls) - len(sent()) == 2

    @pytest.mark.parametrize(
        "reply",
        [
            {"json": {"access_token": "t"}},
            {"json": {"access_token": "t", "expires_in": 1e300}},
            {"json": []},
            {"json": None},
            {"body": "<html>"},
            {"status": 500},
        ],
        ids=["no-expiry", "never-ends", "a-list", "null", "not-json", "an-error"],
    )
    def test_a_malformed_token_reply_raises_and_nothing_is_sent(self, provider, http, sent, reply):
        http.replace(responses.POST, TOKEN_URL, **reply)
        with pytest.raises(requests.RequestException):
            provider.get_exam({"id": 1})
        assert sent() == []

    @pytest.mark.parametrize("status", [401, 500])
    def test_a_refused_token_is_told_without_the_providers_words(self, provider, http, status):
        http.replace("POST", TOKEN_URL, body="Lena Berg is unknown", status=status)
        with pytest.raises(requests.HTTPError, match=f"^no token: upstream_status={status}$") as caught:
            provider.ask_for_config(1)
        assert reply_errors.is_about_token(caught.value)
        assert caught.value.__suppress_context__  # a logged traceback would have the reason phrase

    def test_a_plugin_may_change_the_token_path_after_construction(self, provider, http, sent):
        http.post(f"{BASE_URL}/some/path/access_token", json={"access_token": "token-2", "expires_in": 60})
        http.get(f"{BASE_URL}/api/v1/exam/1/", json={})
        provider.session.oauth_uri = "/some/path/access_token"
        provider.get_exam({"id": 1})
        assert sent()[0].request.headers["Authorization"] == "JWT token-2"


@pytest.mark.contract("provider-wire#time-limits")
class TestTimeouts:
    @pytest.mark.parametrize(
        ("options", "page", "other"),
        [
            pytest.param({}, 5, 30, id="default"),
            pytest.param({"timeout": 2}, 2, 2, id="never-more-than-the-general-one"),
            pytest.param({"page_timeout": 8}, 8, 30, id="configured"),
            pytest.param({"timeout": (3, 30)}, (3, 5), (3, 30), id="pair"),
            pytest.param({"timeout": (10, 30), "page_timeout": (1, 2)}, (1, 2), (10, 30), id="two-pairs"),
        ],
    )
    def test_calls_for_pages_have_the_shorter_timeout(self, http, sent, options, page, other):
        provider = make_rest_provider(**options)
        http.get(CONFIG_URL, json={})
        http.get(f"{BASE_URL}/api/v1/exam/e/attempt/a/", json={})
        http.add("PATCH", f"{BASE_URL}/api/v1/exam/e/attempt/a/", json={})
        provider.get_proctoring_config()
        provider.get_attempt({"external_id": "a", "proctored_exam": {"external_id": "e"}})
        provider.stop_exam_attempt("e", "a")
        assert [call.request.req_kwargs["timeout"] for call in sent()] == [page, page, other]

    def test_every_request_has_a_timeout(self, provider, http, sent):
        exam, attempt = {"id": 1, "external_id": "e"}, ("e", "a")
        for method in ("GET", "POST", "PATCH", "DELETE"):
            http.add(method, f"{BASE_URL}/api/v1/exam/e/attempt/a/", json={})
        http.post(f"{BASE_URL}/api/v1/exam/e/attempt/", json={"id": "a"})
        http.post(f"{BASE_URL}/api/v1/exam/e/", json={"id": "e"})
        http.get(f"{BASE_URL}/api/v1/exam/1/", json={})
        http.delete(f"{BASE_URL}/api/v1/user/u/", json=True)
        http.get(f"{BASE_URL}/api/v1/courses/c/onboarding_statuses", json={})
        provider.register_exam_attempt(exam, context={"attempt_code": "C"})
        provider.start_exam_attempt(*attempt)
        provider.stop_exam_attempt(*attempt)
        provider.mark_erroneous_exam_attempt(*attempt)
        provider.remove_exam_attempt(*attempt)
        provider.on_exam_saved(dict(exam))
        provider.get_exam(exam)
        provider.retire_user("u")
        provider.get_onboarding_profile_info("c")
        assert [call.request.req_kwargs["timeout"] for call in sent()] == [30] * 9


@pytest.mark.contract("provider-wire#main-request-last")
class TestMainRequestIsTheLast:
    """Interceptors of outside test suites read the last request and decode its body."""

    EXAM: ClassVar[dict[str, Any]] = {"id": 1, "external_id": "e"}

    @pytest.mark.parametrize(
        ("call", "method", "path", "body"),
        [
            pytest.param(
                lambda provider, exam: provider.register_exam_attempt(exam, context={"attempt_code": "C"}),
                "POST", "/api/v1/exam/e/attempt/", {"status": "created"}, id="register",
            ),
            pytest.param(
                lambda provider, exam: provider.start_exam_attempt("e", "a"),
                "PATCH", "/api/v1/exam/e/attempt/a/", {"status": "started"}, id="start",
            ),
            pytest.param(
                lambda provider, exam: provider.stop_exam_attempt("e", "a"),
                "PATCH", "/api/v1/exam/e/attempt/a/", {"status": "submitted"}, id="stop",
            ),
            pytest.param(
                lambda provider, exam: provider.mark_erroneous_exam_attempt("e", "a"),
                "PATCH", "/api/v1/exam/e/attempt/a/", {"status": "error"}, id="error",
            ),
            pytest.param(
                lambda provider, exam: provider.remove_exam_attempt("e", "a"),
                "DELETE", "/api/v1/exam/e/attempt/a/", None, id="remove",
            ),
            pytest.param(
                lambda provider, exam: provider.on_exam_saved(dict(exam)),
                "POST", "/api/v1/exam/e/", {"id": 1, "external_id": "e"}, id="save",
            ),
            pytest.param(
                lambda provider, exam: provider.retire_user("u"), "DELETE", "/api/v1/user/u/", None, id="retire"
            ),
        ],
    )  # fmt: skip
    def test_nothing_is_sent_after_the_main_request(self, provider, http, call, method, path, body):
        http.add(method, f"{BASE_URL}{path}", json={"id": "a", "status": "deleted"})
        with contextlib.suppress(BackendProviderCannotRetireUser):
            call(provider, self.EXAM)
        last = http.calls[-1].request
        assert (last.method, last.path_url) == (method, path)
        if body is None:
            assert last.body is None
        else:
            assert isinstance(last.body, bytes)
            assert json.loads(last.body.decode()) == body


class _Trickle(io.RawIOBase):
    """A body that arrives one byte at a time."""

    def __init__(self, pause: float) -> None:
        self.pause = pause

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        time.sleep(self.pause)
        buffer[:1] = b" "
        return 1


@pytest.mark.contract("provider-wire#reply-size")
class TestBoundedReplies:
    URL = "http://provider.test/anything"

    def session(self, max_bytes: int = 1000) -> requests.Session:
        session = requests.Session()
        session.mount("http://", http_limits.BoundedAdapter(max_bytes=max_bytes))
        return session

    @pytest.mark.parametrize("size", [0, 1, 999, 1000])
    def test_a_reply_within_the_size_limit_is_read_completely(self, http, size):
        http.get(self.URL, body=b"x" * size)
        assert self.session().get(self.URL).content == b"x" * size

    def test_a_reply_above_the_size_limit_raises(self, http):
        http.get(self.URL, body=b"x" * 1001)
        with pytest.raises(http_limits.ReplyTooLarge):
            self.session().get(self.URL)

    def test_json_and_text_of_a_reply_can_be_read(self, http):
        http.get(self.URL, json={"name": "Größe"})
        response = self.session().get(self.URL)
        assert response.json() == {"name": "Größe"}
        assert "Gr" in response.text

    def test_a_reply_that_arrives_too_slowly_ends_at_the_deadline(self, http):
        http.get(
            self.URL, body=io.BufferedReader(_Trickle(pause=0.02), buffer_size=1), auto_calculate_content_length=False
        )
        started = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            self.session().get(self.URL, timeout=0.1)
        # Twice the read limit, and the time for one more piece.
        assert time.monotonic() - started < 2

    def test_the_provider_session_has_the_limits(self):
        session = make_rest_provider().session
        assert isinstance(session.get_adapter("https://x"), http_limits.BoundedAdapter)
        assert isinstance(session.get_adapter("http://x"), http_limits.BoundedAdapter)

    def test_a_configuration_above_the_size_limit_raises(self, provider, http):
        http.get(CONFIG_URL, body=b"x" * (http_limits.MAX_REPLY_BYTES + 1))
        with pytest.raises(requests.RequestException):
            provider.get_proctoring_config()


@pytest.mark.contract("browser-worker#script-url")
class TestWorkerScript:
    @pytest.fixture
    def chunks(self, monkeypatch):
        """The host's build: returns or raises a value, and records the requested bundles."""
        asked: list[tuple[str, str]] = []

        def answer(value: Any) -> list[tuple[str, str]]:
            def get_files(bundle, extension=None, config="DEFAULT"):
                asked.append((bundle, config))
                if isinstance(value, Exception):
                    raise value
                return value

            monkeypatch.setattr(rest, "get_files", get_files)
            return asked

        return answer

    def test_the_script_is_the_first_chunk_of_the_bundle(self, provider, chunks):
        asked = chunks([{"name": "a", "url": "/static/a.js"}, {"name": "b", "url": "/static/b.js"}])
        assert provider.get_javascript() == "/static/a.js"
        assert asked == [("edx_proctoring", "WORKERS")]

    def test_the_bundle_has_the_name_of_the_npm_module(self, chunks):
        asked = chunks([{"url": "/a.js"}])
        make_rest_provider(npm_module="@acme/worker").get_javascript()
        assert asked == [("@acme/worker", "WORKERS")]

    @pytest.mark.parametrize(
        ("url", "result"),
        [
            ("/static/a.js", "http://lms.test/static/a.js"),
            ("http://cdn.test/a.js", "http://cdn.test/a.js"),
            ("//cdn.test/a.js", "//cdn.test/a.js"),
            ("", ""),
        ],
    )
    def test_a_url_without_a_host_is_on_the_lms(self, provider, chunks, settings, url, result):
        settings.LMS_ROOT_URL = "http://lms.test"
        chunks([{"url": url}])
        assert provider.get_javascript() == result

    @pytest.mark.parametrize("chunk_list", [[], WebpackBundleLookupError("none"), OSError("no stats file")], ids=str)
    def test_without_a_bundle_there_is_no_script_even_with_an_lms_root_url(
        self, provider, chunks, settings, chunk_list
    ):
        settings.LMS_ROOT_URL = "http://lms.test"
        chunks(chunk_list)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert provider.get_javascript() == ""

    def test_a_missing_bundle_warns_once_per_provider(self, provider, chunks):
        chunks(OSError("no stats file"))
        with pytest.warns(UserWarning, match="worker script"):
            provider.get_javascript()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert provider.get_javascript() == ""

    @pytest.mark.parametrize(("debug", "lookups"), [(False, 1), (True, 2)])
    def test_the_url_is_kept_outside_debug(self, provider, chunks, settings, debug, lookups):
        settings.DEBUG = debug
        asked = chunks([{"url": "/a.js"}])
        provider.get_javascript()
        provider.get_javascript()
        assert len(asked) == lookups
