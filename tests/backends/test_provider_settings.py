"""Settings of one provider, with the platform's as defaults."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from edx_proctoring import backends, constants
from edx_proctoring.backends import provider_setting

pytestmark = pytest.mark.contract("provider-configuration#own-settings")

NULL = "edx_proctoring.backends.null.NullBackendProvider"


@pytest.fixture(params=["PROCTORING_BACKENDS", "PROCTORING_BACKEND_PROVIDERS"])
def configure(request, settings):
    """Give the provider ``acme`` settings, in either form."""

    def configure(**own):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
        if request.param == "PROCTORING_BACKENDS":
            settings.PROCTORING_BACKENDS["acme"] = {"settings": own}
        else:
            settings.PROCTORING_BACKEND_PROVIDERS = {"acme": {"class": NULL, "options": {}, "settings": own}}

    return configure


PLATFORM = [
    ("SITE_NAME", "SITE_NAME"),
    ("PLATFORM_NAME", "PLATFORM_NAME"),
    ("STATUS_EMAIL_FROM_ADDRESS", "FROM_EMAIL"),
    ("CONTACT_EMAIL", "DEFAULT_CONTACT_EMAIL"),
    ("DEFAULT_REVIEW_POLICY", "DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY"),
]


@pytest.mark.parametrize(("key", "constant"), PLATFORM)
def test_a_providers_own_value_comes_before_the_platforms(configure, monkeypatch, key, constant):
    monkeypatch.setattr(constants, constant, "patched", raising=False)
    configure()
    assert provider_setting("acme", key) == "patched"
    configure(**{key: "own"})
    assert provider_setting("acme", key) == "own"
    assert provider_setting("null", key) == "patched"


def test_the_sender_is_also_read_under_its_older_name(configure):
    configure(FROM_EMAIL="old@example.com")
    assert provider_setting("acme", "STATUS_EMAIL_FROM_ADDRESS") == "old@example.com"


@pytest.mark.parametrize("key", ["REQUIRE_FAILURE_SECOND_REVIEWS", "ALLOW_REVIEW_UPDATES"])
@pytest.mark.parametrize(
    ("value", "result"),
    [(False, False), ("False", False), ("true", True), ("<bool>", True), (None, True), (True, True)],
)
@pytest.mark.contract("provider-configuration#booleans")
def test_a_boolean_may_be_text_and_placeholder_text_is_ignored(configure, key, value, result):
    configure(**{key: value})
    assert provider_setting("acme", key) is result


def test_a_provider_may_have_its_own_time_out_state(configure, settings):
    settings.PROCTORING_SETTINGS = {"ALLOW_TIMED_OUT_STATE": True}
    configure(ALLOW_TIMED_OUT_STATE=False)
    assert provider_setting("acme", "ALLOW_TIMED_OUT_STATE") is False
    assert provider_setting("null", "ALLOW_TIMED_OUT_STATE") is True


def test_a_providers_links_are_merged_over_the_platforms(configure, settings):
    settings.PROCTORING_SETTINGS = {"LINK_URLS": {"faq": "platform", "contact_us": "platform"}}
    configure(LINK_URLS={"contact_us": "own", "tech_requirements": "own"})
    assert provider_setting("acme", "LINK_URLS") == {
        "faq": "platform",
        "contact_us": "own",
        "tech_requirements": "own",
    }


@pytest.mark.parametrize("key", ["BCC_EMAIL", "REPLY_TO_EMAIL"])
def test_copy_and_reply_addresses_are_off_unless_given(configure, key):
    configure()
    assert provider_setting("acme", key) is None
    configure(**{key: "a@example.com"})
    assert provider_setting("acme", key) == "a@example.com"


def test_none_means_the_default_provider(settings):
    settings.PROCTORING_BACKENDS = {"DEFAULT": "acme", "acme": {"settings": {"SITE_NAME": "own"}}}
    assert provider_setting(None, "SITE_NAME") == "own"


def test_an_unknown_provider_has_the_platforms_values():
    assert provider_setting("no-such", "PLATFORM_NAME") == "Open edX"


@pytest.mark.contract("provider-configuration#older-helpers")
class TestHelpersOfTheOlderForm:
    def test_the_settings_dict_of_a_provider_is_returned(self, configure):
        configure(SITE_NAME="own")
        assert backends.get_proctoring_settings("acme") == {"SITE_NAME": "own"}
        assert backends.get_proctoring_settings("null") == {}

    def test_the_settings_of_an_unknown_provider_raise(self, configure):
        configure()
        with pytest.raises(ImproperlyConfigured, match="no-such"):
            backends.get_proctoring_settings("no-such")

    @pytest.mark.parametrize(
        ("own", "default", "result"),
        [
            ({"PLATFORM_NAME": "own"}, False, "own"),
            ({}, False, "Open edX"),
            ({}, "fallback", "fallback"),
            ({"PLATFORM_NAME": ""}, "fallback", ""),
        ],
    )
    def test_a_missing_parameter_has_the_given_default_else_the_platforms_value(self, own, default, result):
        assert backends.get_proctoring_settings_param(own, "PLATFORM_NAME", default) == result

    def test_an_unknown_parameter_is_none(self):
        assert backends.get_proctoring_settings_param({}, "NO_SUCH") is None
