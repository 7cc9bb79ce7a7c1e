"""Secrets of a provider are masked in texts about it."""

import pytest

from edx_proctoring.backends import redaction

pytestmark = pytest.mark.contract("provider-configuration#redaction")


@pytest.fixture
def masked(settings):
    """Return a text about ``acme``, configured with these options."""

    def masked(text, **options):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "acme", "acme": options}
        return redaction.without_secrets(text, "acme")

    return masked


@pytest.mark.parametrize(
    "option",
    ["client_secret", "crypto_key", "password", "access_token", "api_account", "signature", "passphrase"],
)
def test_an_option_with_a_secret_name_is_masked(masked, option):
    assert masked("hush-hush is wrong", **{option: "hush-hush"}) == "*** is wrong"


@pytest.mark.parametrize("value", [b"hush-hush", ["hush-hush"], ("other", b"hush-hush")], ids=["bytes", "list", "pair"])
def test_a_secret_that_is_not_a_text_is_masked(masked, value):
    assert masked("hush-hush is wrong", client_secret=value) == "*** is wrong"


def test_a_secret_inside_another_dict_is_masked(masked):
    assert masked("hush-hush is wrong", lti={"client_secret": "hush-hush"}) == "*** is wrong"


def test_the_longer_of_two_secrets_is_masked_completely(masked):
    assert masked("abcdefgh", client_secret="abcd", crypto_key="abcdefgh") == "***"


@pytest.mark.parametrize(
    ("option", "value"),
    [("base_url", "http://acme.test"), ("passing_statuses", ["Clean"]), ("crypto_key", "abc"), ("ping_interval", 60)],
    ids=["another-name", "passing-statuses", "too-short-to-be-a-secret", "a-number"],
)
def test_other_options_are_shown(masked, option, value):
    text = f"{value} is wrong, and Clean too"
    assert masked(text, **{option: value}) == text
