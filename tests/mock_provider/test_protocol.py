"""The provider's endpoints as the LMS calls them. Spec: backends.md 6.1, 13.2."""

from __future__ import annotations

import re

import jwt
import pytest
import requests

from mock_provider.app import MockProvider
from mock_provider.tokens import TOKEN_SECONDS

from .conftest import COURSE, USER, Client

ATTEMPT = "/api/v1/exam/exam-1/attempt/{}/"


def token_request(url, path="/oauth2/access_token", **changes):
    form = {
        "grant_type": "client_credentials",
        "client_id": "abcd",
        "client_secret": "abcdsecret",
        "token_type": "jwt",
        **changes,
    }
    return requests.post(url + path, data=form, timeout=5)


@pytest.mark.spec("backends.md", "13.2:tokens")
@pytest.mark.parametrize("path", ["/oauth2/access_token", "/edx/oauth2/access_token"])
def test_any_client_whose_secret_follows_the_rule_gets_a_token(provider, path):
    reply = token_request(provider.url, path)
    assert reply.status_code == 200
    assert reply.json()["expires_in"] == 3600
    claims = jwt.decode(reply.json()["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "abcd"
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.spec("backends.md", "13.2:tokens")
@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        pytest.param({"client_secret": "wrong"}, 401, "invalid_client", id="wrong-secret"),
        pytest.param({"client_id": "", "client_secret": "secret"}, 401, "invalid_client", id="no-client"),
        pytest.param({"token_type": "bearer"}, 400, "invalid_request", id="bearer-token"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="password-grant"),
    ],
)
def test_a_token_is_refused(provider, changes, status, error):
    reply = token_request(provider.url, **changes)
    assert (reply.status_code, reply.json()["error"]) == (status, error)


@pytest.mark.spec("backends.md", "13.2:tokens")
def test_a_client_of_the_seed_file_has_its_own_secret(lms):
    with MockProvider("i", "s", lms.url, clients={"abcd": "other"}) as provider:
        assert token_request(provider.url).status_code == 401
        assert token_request(provider.url, client_secret="other").status_code == 200


@pytest.mark.parametrize("scheme", ["JWT", "Bearer"])
def test_a_token_gives_access_to_the_api(provider, client, scheme):
    token = client.session.headers["Authorization"].split()[1]
    reply = requests.get(f"{provider.url}/api/v1/config/", headers={"Authorization": f"{scheme} {token}"}, timeout=5)
    assert reply.status_code == 200


@pytest.mark.spec("backends.md", "13.2:tokens")
@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="absent"),
        pytest.param("JWT", id="empty"),
        pytest.param("JWT not-a-token", id="malformed"),
        pytest.param("Basic bW9jazptb2Nrc2VjcmV0", id="other-scheme"),
        pytest.param("JWT " + jwt.encode({"aud": "mock", "exp": 4e9}, "x" * 32), id="forged"),
    ],
)
def test_the_api_refuses_requests_without_a_valid_token(provider, header):
    headers = {"Authorization": header} if header else {}
    reply = requests.get(f"{provider.url}/api/v1/config/", headers=headers, timeout=5)
    assert reply.status_code == 401
    assert reply.json()["error"] == "invalid_token"


@pytest.mark.spec("backends.md", "13.2:tokens")
def test_an_expired_token_is_refused(provider, client):
    assert client("GET", "/api/v1/config/").status_code == 200
    clock = provider.tokens.clock
    provider.tokens.clock = lambda: clock() + TOKEN_SECONDS + 1
    assert client("GET", "/api/v1/config/").status_code == 401


@pytest.mark.spec("backends.md", "13.2:config")
@pytest.mark.parametrize(
    ("language", "word"),
    [
        pytest.param(None, "allowed", id="no-language"),
        pytest.param("en-us", "allowed", id="english"),
        pytest.param("es;en-us", "permite", id="spanish-in-the-LMS-spelling"),
        pytest.param("es-419,es;q=0.9", "permite", id="spanish-in-the-standard-spelling"),
        pytest.param("xx;en-us", "allowed", id="unknown-language"),
    ],
)
def test_the_configuration_is_in_the_requested_language(client, provider, language, word):
    config = client("GET", "/api/v1/config/", headers={"Accept-Language": language} if language else {}).json()
    assert all(word in label for label in config["rules"].values())
    assert len(config["instructions"]) >= 2
    assert config["download_url"] == f"{provider.url}/download"
    assert config["name"]


@pytest.mark.spec("backends.md", "13.2:exams")
def test_a_new_exam_gets_an_id(client):
    reply = client("POST", "/api/v1/exam/", json={"course_id": COURSE, "exam_name": "Final", "external_id": None})
    exam_id = reply.json()["id"]
    assert re.fullmatch("[0-9a-f]{32}", exam_id)
    shown = client("GET", f"/api/v1/exam/{exam_id}/").json()
    assert shown == {"id": exam_id, "name": "Final", "course_id": COURSE, "rules": {}}


@pytest.mark.spec("backends.md", "13.2:exams")
def test_an_exam_keeps_the_id_that_the_lms_knows(client):
    assert client("POST", "/api/v1/exam/", json={"external_id": "known"}).json() == {"id": "known"}


@pytest.mark.spec("backends.md", "13.2:exams")
def test_saving_an_exam_again_replaces_it(client):
    client.exam(exam_name="Old", rules={"allow_notes": True})
    client.exam(exam_name="New", rules={"allow_notes": False})
    shown = client("GET", "/api/v1/exam/exam-1/").json()
    assert (shown["name"], shown["rules"]) == ("New", {"allow_notes": False})


@pytest.mark.spec("backends.md", "13.2:exams")
def test_an_unknown_exam_is_not_found(client):
    assert client("GET", "/api/v1/exam/nothing/").status_code == 404


@pytest.mark.spec("backends.md", "13.2:exams")
def test_an_unknown_exam_is_empty_with_the_quirks_of_mockprock(lms):
    with MockProvider("i", "s", lms.url, quirks=True) as provider:
        reply = Client(provider.url)("GET", "/api/v1/exam/nothing/")
    assert (reply.status_code, reply.json()) == (200, {})


@pytest.mark.spec("backends.md", "13.2:attempts")
def test_an_attempt_is_registered_under_a_slug(attempt):
    assert re.fullmatch("[0-9a-f]{32}", attempt)


@pytest.mark.spec("backends.md", "13.2:attempts")
@pytest.mark.parametrize("name", ["status", "user_id", "full_name", "email", "lms_host"])
def test_a_registration_must_be_complete(client, lms, name):
    body = {"status": "created", "user_id": USER, "full_name": "V", "email": None, "lms_host": lms.url}
    body.pop(name)
    reply = client("POST", "/api/v1/exam/exam-1/attempt/", json=body)
    assert reply.status_code == 400
    assert name in reply.json()["error"]


@pytest.mark.spec("backends.md", "13.2:attempts")
def test_an_attempt_has_the_address_of_its_software(client, provider, attempt):
    # No body and no content type: that is how the LMS asks.
    shown = client("GET", ATTEMPT.format(attempt)).json()
    assert shown["download_url"] == f"{provider.url}/download?attempt={attempt}&exam=exam-1"
    assert len(shown["instructions"]) >= 2
    assert (shown["id"], shown["status"], shown["exam_id"], shown["user_id"]) == (attempt, "created", "exam-1", USER)


@pytest.mark.spec("backends.md", "13.2:attempts")
def test_the_status_of_an_attempt_is_stored(client, attempt):
    assert client("PATCH", ATTEMPT.format(attempt), json={"status": "started"}).json() == {
        "id": attempt,
        "status": "started",
    }
    assert client("GET", ATTEMPT.format(attempt)).json()["status"] == "started"


def test_a_change_without_status_is_refused(client, attempt):
    assert client("PATCH", ATTEMPT.format(attempt), json={}).status_code == 400


@pytest.mark.spec("backends.md", "13.2:attempts")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_attempt_is_not_found(client, attempt, method):
    body = {"json": {"status": "started"}} if method == "PATCH" else {}
    assert client(method, ATTEMPT.format("nothing"), **body).status_code == 404
    assert client(method, f"/api/v1/exam/other/attempt/{attempt}/", **body).status_code == 404


@pytest.mark.spec("backends.md", "13.2:attempts")
def test_a_removed_attempt_is_not_found(client, attempt):
    assert client("DELETE", ATTEMPT.format(attempt)).json() == {"status": "deleted"}
    assert client("DELETE", ATTEMPT.format(attempt)).status_code == 404


@pytest.mark.spec("backends.md", "13.2:users")
def test_a_user_is_deleted_once(client, attempt):
    assert client("DELETE", f"/api/v1/user/{USER}/").json() is True
    assert client("DELETE", f"/api/v1/user/{USER}/").json() is False
    assert client("GET", ATTEMPT.format(attempt)).status_code == 404


@pytest.mark.spec("backends.md", "13.2:onboarding")
class TestOnboarding:
    URL = f"/api/v1/courses/{COURSE}/onboarding_statuses"

    @pytest.fixture
    def practice(self, client, lms):
        client.exam("practice", is_practice_exam=True)
        return client.attempt(lms.url, "practice")

    def profile(self, client, user=USER):
        return client("GET", self.URL, params={"user_id": user}).json()["status"]

    def test_a_new_learner_has_no_profile(self, client):
        assert self.profile(client) == "no-profile"

    def test_a_submitted_practice_exam_is_pending(self, client, practice):
        client("PATCH", f"/api/v1/exam/practice/attempt/{practice}/", json={"status": "submitted"})
        assert self.profile(client) == "pending"

    def test_a_practice_exam_that_passed_is_an_approved_profile(self, client, provider, practice):
        provider.store.add_verdict(practice, "passed", "", 200, "OK")
        assert self.profile(client) == "approved-in-course"

    def test_a_verdict_that_the_lms_refused_does_not_count(self, client, provider, practice):
        provider.store.add_verdict(practice, "passed", "", 403, "")
        assert self.profile(client) == "no-profile"

    def test_the_list_is_filtered_and_paged(self, client, scenario):
        scenario(onboarding={f"user-{n}": "pending" for n in range(5)} | {"other": "rejected"})
        page = client("GET", self.URL, params={"status": "pending", "page": 2, "page_size": 2}).json()
        assert [item["user_id"] for item in page["results"]] == ["user-2", "user-3"]
        assert (page["count"], page["num_pages"]) == (5, 3)
        last = client.session.get(page["next"], timeout=5).json()
        assert [item["user_id"] for item in last["results"]] == ["user-4"]
        assert last["next"] is None

    def test_a_course_id_with_slashes_is_accepted(self, client):
        reply = client("GET", "/api/v1/courses/Demo/OLD/2014/onboarding_statuses")
        assert reply.json()["results"] == []

    def test_registration_is_refused_without_onboarding(self, client, lms, scenario):
        client.exam()
        scenario(onboarding={USER: "onboarding_missing"})
        body = {"status": "created", "user_id": USER, "full_name": "V", "email": None, "lms_host": lms.url}
        reply = client("POST", "/api/v1/exam/exam-1/attempt/", json=body)
        assert (reply.status_code, reply.json()) == (200, {"status": "onboarding_missing"})
        assert self.profile(client) == "no-profile"

    def test_the_practice_exam_itself_needs_no_onboarding(self, client, lms, scenario):
        client.exam("practice", is_practice_exam=True)
        scenario(onboarding={"*": "onboarding_missing"})
        assert client.attempt(lms.url, "practice") != "None"


def test_tokens_outlive_a_restart(tmp_path, lms):
    db = str(tmp_path / "mock.sqlite3")
    with MockProvider("i", "s", lms.url, db=db) as first:
        client = Client(first.url)
        client.exam()
    with MockProvider("i", "s", lms.url, db=db) as second:
        client.url = second.url
        assert client("GET", "/api/v1/exam/exam-1/").json()["name"] == "Final"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/nowhere", 404, id="unknown-address"),
        pytest.param("GET", "/api/v1/config", 404, id="missing-slash"),
        pytest.param("GET", "/api/v1//config/", 404, id="one-slash-too-many"),
        pytest.param("PUT", "/api/v1/config/", 405, id="wrong-method"),
        pytest.param("OPTIONS", "/api/v1/config/", 405, id="options"),
        pytest.param("BREW", "/api/v1/config/", 405, id="unknown-method"),
        pytest.param("DELETE", "/oauth2/access_token", 405, id="wrong-method-without-a-token"),
    ],
)
def test_an_unknown_address_or_method_is_refused(client, method, path, status):
    reply = client(method, path, allow_redirects=False)
    assert reply.status_code == status
    assert reply.json() == {"error": {404: "not found", 405: "method not allowed"}[status]}


@pytest.mark.parametrize("length", ["99999999", "1048577", "9" * 5000, "-1", "many"], ids=lambda length: length[:8])
def test_a_body_that_is_too_large_or_of_unknown_length_is_refused(client, length):
    reply = client("POST", "/api/v1/exam/", headers={"Content-Length": length})
    assert (reply.status_code, reply.json()) == (413, {"error": "body too large"})


def test_a_body_sent_in_chunks_has_the_same_limit(client):
    assert client("POST", "/api/v1/exam/", data=iter([b'{"external_id":', b' "chunks"}'])).json() == {"id": "chunks"}
    reply = client("POST", "/api/v1/exam/", data=iter([b"x" * 1024 * 1024, b"x"]))
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not JSON", id="text"),
        pytest.param(b"[1]", id="list"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(b"[" * 100_000, id="nested-too-deeply"),
        pytest.param(b'{"status": "\\ud800"}', id="half-a-character"),
    ],
)
def test_a_body_that_is_not_a_json_object_counts_as_empty(client, attempt, body):
    reply = client("PATCH", ATTEMPT.format(attempt), data=body)
    assert (reply.status_code, reply.json()) == (400, {"error": "missing: status"})


@pytest.mark.parametrize("email", [1, [], {"a": "b"}], ids=str)
def test_an_email_that_is_not_a_text_is_refused(client, lms, email):
    body = {"status": "created", "user_id": USER, "full_name": "V", "email": email, "lms_host": lms.url}
    reply = client("POST", "/api/v1/exam/exam-1/attempt/", json=body)
    assert (reply.status_code, reply.json()) == (400, {"error": "email must be a text or null"})


@pytest.mark.parametrize("host", ["mock.example.com:8000", "mock_provider:11136", "[::1]:11136"])
def test_addresses_repeat_the_host_that_the_lms_used(client, host):
    reply = client("GET", "/api/v1/config/", headers={"Host": host})
    assert reply.json()["download_url"] == f"http://{host}/download"


@pytest.mark.parametrize("host", ["", "evil<script>", "a b"])
def test_a_host_with_invalid_characters_is_not_repeated(client, provider, host):
    reply = client("GET", "/api/v1/config/", headers={"Host": host})
    assert reply.json()["download_url"] == f"{provider.url}/download"


@pytest.mark.spec("backends.md", "13.2:desktop")
class TestDesktop:
    def ask(self, provider, method, action, **params):
        return requests.request(method, f"{provider.url}/desktop/{action}", params=params, timeout=5)

    def test_each_attempt_has_software_of_its_own(self, provider, client, attempt, lms):
        other = client.attempt(lms.url)
        assert self.ask(provider, "POST", "start", attempt=attempt).json() == {"status": "running"}
        assert self.ask(provider, "GET", "ping", attempt=attempt).json() == {"status": "running"}
        assert self.ask(provider, "GET", "ping", attempt=other).json() == {"status": None}
        assert self.ask(provider, "POST", "stop", attempt=attempt).json() == {"status": "uploading"}
        assert self.ask(provider, "POST", "quit", attempt=attempt).json() == {"status": None}

    @pytest.fixture
    def running(self, client, provider, attempt):
        """An attempt whose exam and software run; the learner has the software's window open."""
        client("PATCH", ATTEMPT.format(attempt), json={"status": "started"})
        self.ask(provider, "POST", "start", attempt=attempt)
        return attempt

    def open_window(self, provider, attempt):
        text = requests.get(f"{provider.url}/download?attempt={attempt}", timeout=5).text
        return re.search('data-window="([0-9a-f]+)"', text)[1]

    def state(self, provider, attempt):
        return self.ask(provider, "GET", "ping", attempt=attempt).json()["status"]

    def test_closing_the_window_during_the_exam_stops_the_software(self, provider, running):
        window = self.open_window(provider, running)
        assert self.state(provider, running) == "running"
        reply = self.ask(provider, "POST", "quit", attempt=running, window=window)
        assert reply.json() == {"status": None}
        assert self.state(provider, running) is None

    @pytest.mark.parametrize("new_window_is_first", [True, False])
    def test_reloading_the_window_during_the_exam_keeps_the_software_running(
        self, provider, running, new_window_is_first
    ):
        old = self.open_window(provider, running)
        if new_window_is_first:
            self.open_window(provider, running)
        self.ask(provider, "POST", "quit", attempt=running, window=old)
        if not new_window_is_first:
            self.open_window(provider, running)
        assert self.state(provider, running) == "running"

    def test_closing_the_window_before_the_exam_changes_nothing(self, provider, attempt):
        window = self.open_window(provider, attempt)
        self.ask(provider, "POST", "quit", attempt=attempt, window=window)
        assert self.ask(provider, "POST", "start", attempt=attempt).json() == {"status": "running"}

    def test_closing_the_window_after_the_exam_does_not_stop_the_upload(self, provider, running):
        window = self.open_window(provider, running)
        self.ask(provider, "POST", "stop", attempt=running)
        self.ask(provider, "POST", "quit", attempt=running, window=window)
        assert self.state(provider, running) == "uploading"

    def test_opening_the_window_after_an_error_does_not_start_the_software(self, provider, client, running):
        self.ask(provider, "POST", "quit", attempt=running)
        client("PATCH", ATTEMPT.format(running), json={"status": "error"})
        self.open_window(provider, running)
        assert self.state(provider, running) is None

    def test_callers_without_attempt_share_one_state(self, provider):
        assert self.ask(provider, "GET", "ping").json() == {"status": None}
        self.ask(provider, "POST", "start")
        assert self.ask(provider, "GET", "ping").json() == {"status": "running"}

    def test_an_unknown_attempt_cannot_run(self, provider):
        assert self.ask(provider, "POST", "start", attempt="nothing").json() == {"status": None}

    def test_a_worker_on_another_site_may_call(self, provider):
        preflight = requests.options(f"{provider.url}/desktop/start", timeout=5)
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        reply = self.ask(provider, "GET", "ping")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Cache-Control"] == "no-cache"
