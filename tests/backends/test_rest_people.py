"""Learners and staff over REST."""

import uuid
from typing import Any

import jwt
import pytest
import requests

from edx_proctoring.exceptions import (
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingProfilesException,
)

from .conftest import BASE_URL, CLIENT_SECRET, make_rest_provider

COURSE = "course-v1:Acme+CS101+2030"
USER_URL = f"{BASE_URL}/api/v1/user/abc/"
PROFILES_URL = f"{BASE_URL}/api/v1/courses/{COURSE}/onboarding_statuses"


@pytest.mark.contract("provider-wire#retire-failures")
class TestRetirement:
    @pytest.mark.parametrize(("body", "status"), [(True, 200), (False, 200), (True, 500), (False, 404)])
    def test_the_providers_reply_is_returned(self, provider, http, sent, body, status):
        http.delete(USER_URL, json=body, status=status)
        assert provider.retire_user("abc") is body
        assert sent()[-1].request.method == "DELETE"

    @pytest.mark.parametrize(
        "error", [requests.ConnectionError("refused"), requests.ReadTimeout("slow"), ConnectionError("builtin")]
    )
    def test_without_a_reply_retirement_raises(self, provider, http, error):
        http.delete(USER_URL, body=error)
        with pytest.raises(BackendProviderCannotRetireUser) as caught:
            provider.retire_user("abc")
        assert caught.value.args == (None,)
        assert caught.value.__cause__ is error

    @pytest.mark.parametrize("body", ["<html>", "{}", '"true"', "null", "1", "0"])
    def test_a_reply_that_is_not_a_boolean_raises(self, provider, http, body):
        http.delete(USER_URL, body=body)
        with pytest.raises(BackendProviderCannotRetireUser) as caught:
            provider.retire_user("abc")
        assert caught.value.args == (body.encode(),)

    def test_the_body_in_an_exception_is_reported(self, provider, monkeypatch):
        response = requests.Response()
        response.status_code = 500
        response._content = b"their reason"

        def fail(*args: Any, **kwargs: Any) -> None:
            raise requests.HTTPError(response=response)

        monkeypatch.setattr(provider.session, "delete", fail)
        with pytest.raises(BackendProviderCannotRetireUser) as caught:
            provider.retire_user("abc")
        assert caught.value.args == (b"their reason",)


@pytest.mark.contract("provider-wire#onboarding-failures", "provider-wire#onboarding-profiles")
class TestOnboardingProfiles:
    @pytest.mark.contract("provider-wire#bodies")
    def test_arguments_are_sent_as_the_query(self, provider, http, sent):
        http.get(PROFILES_URL, json={"user_id": "x", "status": "pending"})
        reply = provider.get_onboarding_profile_info(COURSE, status="a,b", user_id="x")
        assert reply == {"user_id": "x", "status": "pending"}
        assert sent()[-1].request.url == f"{PROFILES_URL}?status=a%2Cb&user_id=x"

    @pytest.mark.contract("provider-wire#addresses")
    def test_without_arguments_there_is_no_query(self, provider, http, sent):
        http.get(PROFILES_URL, json={"results": []})
        provider.get_onboarding_profile_info(COURSE)
        assert sent()[-1].request.url == PROFILES_URL

    @pytest.mark.parametrize("status", [201, 400, 404, 500])
    def test_the_exception_of_a_refusal_has_body_and_status(self, provider, http, status):
        http.get(PROFILES_URL, body=b"no", status=status)
        with pytest.raises(BackendProviderOnboardingProfilesException) as caught:
            provider.get_onboarding_profile_info(COURSE)
        assert (caught.value.content, caught.value.http_status) == (b"no", status)

    @pytest.mark.parametrize(
        "reply",
        [
            {"body": requests.ConnectionError("refused")},
            {"body": requests.ReadTimeout("slow")},
            {"body": "<html>"},
        ],
        ids=["no-connection", "timeout", "bad-json"],
    )
    def test_without_a_reply_the_status_is_503(self, provider, http, reply):
        http.get(PROFILES_URL, **reply)
        with pytest.raises(BackendProviderOnboardingProfilesException) as caught:
            provider.get_onboarding_profile_info(COURSE)
        assert caught.value.http_status == 503

    def test_all_pages_are_read(self, provider, http, sent):
        # Providers send absolute and relative links.
        pages = {1: f"{PROFILES_URL}?page=2", 2: "?page=3", 3: None}
        for number, following in pages.items():
            http.get(
                PROFILES_URL if number == 1 else f"{PROFILES_URL}?page={number}",
                json={"results": [{"user_id": f"u{number}"}], "next": following, "count": 3},
                match_querystring=None,
                match=[],
            )
        reply = provider.get_onboarding_profile_info(COURSE)
        assert [item["user_id"] for item in reply["results"]] == ["u1", "u2", "u3"]
        assert reply["next"] is None
        assert len(sent()) == 3

    def test_a_page_that_the_caller_asked_for_is_returned_alone(self, provider, http, sent):
        http.get(PROFILES_URL, json={"results": [{"user_id": "u2"}], "next": "?page=3"})
        reply = provider.get_onboarding_profile_info(COURSE, page=2)
        assert (reply["results"], reply["next"]) == ([{"user_id": "u2"}], "?page=3")
        assert [call.request.url for call in sent()] == [f"{PROFILES_URL}?page=2"]

    def test_a_page_on_another_host_is_not_requested(self, provider, http, sent):
        http.get(PROFILES_URL, json={"results": [{"user_id": "u1"}], "next": "http://evil.test/?page=2"})
        assert provider.get_onboarding_profile_info(COURSE)["results"] == [{"user_id": "u1"}]
        assert len(sent()) == 1

    def test_pages_that_link_to_each_other_are_read_once(self, provider, http, sent):
        http.get(PROFILES_URL, json={"results": [{"user_id": "u1"}], "next": PROFILES_URL})
        assert len(provider.get_onboarding_profile_info(COURSE)["results"]) == 1
        assert len(sent()) == 1

    def test_a_later_page_that_fails_raises(self, provider, http):
        http.get(PROFILES_URL, json={"results": [{"user_id": "u1"}], "next": "?page=2"})
        http.get(f"{PROFILES_URL}?page=2", status=500)
        with pytest.raises(BackendProviderOnboardingProfilesException):
            provider.get_onboarding_profile_info(COURSE)


@pytest.mark.contract("provider-wire#dashboard-link")
class TestDashboardLink:
    USER = {"id": "abc", "full_name": "Ann Staff", "email": "ann@example.test"}
    TOKEN = (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjb3Vyc2VfaWQiOiJjb3Vyc2UtdjE6QWNtZStDUzEwMSsyMDMwIiwidXNlciI6eyJpZCI6"
        "ImFiYyIsImZ1bGxfbmFtZSI6IkFubiBTdGFmZiIsImVtYWlsIjoiYW5uQGV4YW1wbGUudGVzdCJ9LCJpc3MiOiJjbGllbnQtYSIsImp0aSI6I"
        "jAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAxIiwiZXhwIjoxODkzNTUzNTA1LjAsImV4YW1faWQiOiJleHQtZXhhbSIsImNvbmZpZy"
        "I6dHJ1ZSwiYXR0ZW1wdF9pZCI6ImV4dC1hdHQifQ.jXq1P2x_aJn2azuppzUbFpELpQspl_SW3wxcJK0RUS4"
    )

    @pytest.mark.contract("provider-wire#dashboard-token-example")
    def test_the_link_equals_the_published_vector(self, monkeypatch, freezer_at):
        monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=1))
        provider = make_rest_provider()
        with freezer_at("2030-01-02 03:04:05"):
            url = provider.get_instructor_url(
                COURSE, self.USER, exam_id="ext-exam", attempt_id="ext-att", show_configuration_dashboard=True
            )
        assert url == f"{BASE_URL}/api/v1/instructor/client-a/?jwt={self.TOKEN}"

    @pytest.mark.parametrize(
        ("arguments", "claims"),
        [
            pytest.param({}, {}, id="course"),
            pytest.param({"exam_id": "e"}, {"exam_id": "e"}, id="exam"),
            pytest.param({"exam_id": "e", "attempt_id": "a"}, {"exam_id": "e", "attempt_id": "a"}, id="attempt"),
            pytest.param(
                {"exam_id": "e", "show_configuration_dashboard": True},
                {"exam_id": "e", "config": True},
                id="configuration",
            ),
            pytest.param(
                {"attempt_id": "a", "show_configuration_dashboard": True}, {}, id="without-an-exam-no-further-claims"
            ),
            pytest.param({"encrypted_video_review_url": b"x"}, {}, id="video-link-is-ignored"),
        ],
    )
    def test_the_token_has_the_claims_of_the_dashboard(self, provider, arguments, claims):
        url = provider.get_instructor_url(COURSE, self.USER, **arguments)
        token = url.split("?jwt=")[-1]
        read = jwt.decode(token, CLIENT_SECRET, algorithms=["HS256"])
        assert len(read.pop("jti")) == 32
        read.pop("exp")
        assert read == {"course_id": COURSE, "user": self.USER, "iss": "client-a", **claims}

    def test_debug_logging_accepts_ids_of_any_type(self, provider, caplog):
        with caplog.at_level("DEBUG"):
            assert provider.get_instructor_url(COURSE, self.USER, exam_id="text")

    def test_without_a_client_id_there_is_no_link(self):
        assert make_rest_provider(client_id=None).get_instructor_url(COURSE, self.USER) is None
