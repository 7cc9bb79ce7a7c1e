"""The configuration that a provider returns."""

import pytest
import requests
import responses
from django.utils import translation

from .conftest import BASE_URL, make_rest_provider

pytestmark = pytest.mark.contract("provider-wire#config")

CONFIG_URL = f"{BASE_URL}/api/v1/config/"
CONFIG = {
    "rules": {"allow_notes": "Allow notes"},
    "name": "Acme",
    "download_url": "http://my-download-url",
    "instructions": ["Read this"],
}


def test_the_configuration_is_fetched_without_a_body(provider, http, sent):
    http.get(CONFIG_URL, json=CONFIG)
    assert provider.get_proctoring_config() == CONFIG
    assert sent()[-1].request.body is None


def test_the_download_url_is_part_of_the_configuration(provider, http):
    http.get(CONFIG_URL, json=CONFIG)
    assert provider.get_software_download_url() == "http://my-download-url"


def test_a_configuration_without_a_download_url_has_none(provider, http):
    http.get(CONFIG_URL, json={"name": "Acme"})
    assert provider.get_software_download_url() is None


@pytest.mark.parametrize(
    ("language", "header"),
    [
        pytest.param("en-us", "en-us", id="the-default"),
        pytest.param("es", "es;en-us", id="another"),
        pytest.param(None, "en-us", id="none-active"),
    ],
)
@pytest.mark.contract("provider-wire#language")
def test_the_configuration_is_requested_in_the_active_language(provider, http, sent, settings, language, header):
    settings.LANGUAGE_CODE = "en-us"
    http.get(CONFIG_URL, json=CONFIG)
    with translation.override(language):
        provider.get_proctoring_config()
    assert sent()[-1].request.headers["Accept-Language"] == header


@pytest.mark.contract("provider-wire#config-failures")
class TestWithoutACachedReply:
    def test_without_a_connection_the_error_is_raised(self, provider, http):
        http.get(CONFIG_URL, body=requests.ConnectionError("refused"))
        with pytest.raises(requests.ConnectionError):
            provider.get_proctoring_config()

    def test_bad_json_raises(self, provider, http):
        http.get(CONFIG_URL, body="<html>")
        with pytest.raises(ValueError, match="Expecting value"):
            provider.get_proctoring_config()

    @pytest.mark.parametrize("reply", [{"json": {"detail": "no"}, "status": 500}, {"json": ["a"]}], ids=str)
    def test_a_reply_that_is_not_a_configuration_is_empty(self, provider, http, reply):
        http.get(CONFIG_URL, **reply)
        assert provider.get_proctoring_config() == {}


@pytest.mark.contract("provider-wire#config-cache")
class TestCachedReply:
    def test_a_reply_is_reused_for_five_minutes(self, provider, http, sent, freezer_at):
        http.get(CONFIG_URL, json=CONFIG)
        with freezer_at("2030-01-02 03:04:05") as clock:
            provider.get_proctoring_config()["name"] = "changed by the caller"
            clock.tick(299)
            assert provider.get_proctoring_config() == CONFIG
            assert len(sent()) == 1
            clock.tick(2)
            provider.get_proctoring_config()
            assert len(sent()) == 2

    @pytest.mark.parametrize(
        "failure",
        [
            {"body": requests.ReadTimeout("slow")},
            {"body": "<html>"},
            {"json": {"detail": "no"}, "status": 502},
            {"json": []},
        ],
        ids=["timeout", "bad-json", "error-status", "a-list"],
    )
    def test_the_last_reply_is_used_while_the_provider_fails(self, provider, http, freezer_at, failure):
        http.get(CONFIG_URL, json=CONFIG)
        with freezer_at("2030-01-02 03:04:05") as clock:
            provider.get_proctoring_config()
            http.replace(responses.GET, CONFIG_URL, **failure)
            clock.tick(23 * 3600)
            assert provider.get_proctoring_config() == CONFIG

    def test_the_last_reply_is_not_used_for_longer_than_a_day(self, provider, http, freezer_at):
        http.get(CONFIG_URL, json=CONFIG)
        with freezer_at("2030-01-02 03:04:05") as clock:
            provider.get_proctoring_config()
            http.replace(responses.GET, CONFIG_URL, body=requests.ReadTimeout("slow"))
            clock.tick(25 * 3600)
            with pytest.raises(requests.ReadTimeout):
                provider.get_proctoring_config()

    def test_an_instance_without_a_configured_name_does_not_share_replies(self, provider, http):
        http.get(CONFIG_URL, json=CONFIG)
        provider.get_proctoring_config()
        http.replace(responses.GET, CONFIG_URL, json={"name": "Other"})
        assert make_rest_provider().get_proctoring_config() == {"name": "Other"}
