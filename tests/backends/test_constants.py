"""Settings, and the constants that are computed from them."""

from datetime import datetime
from unittest import mock

import pytest
from django.core.checks import run_checks

from edx_proctoring import conf, constants

pytestmark = [pytest.mark.contract("settings#call-time", "settings#current", "provider-configuration#constants")]

# Constant, key of PROCTORING_SETTINGS, top-level setting or None, value if nothing is set.
SOURCES = [
    ("SITE_NAME", "SITE_NAME", "SITE_NAME", "localhost:8000"),
    ("PLATFORM_NAME", "PLATFORM_NAME", "PLATFORM_NAME", "Open edX"),
    ("FROM_EMAIL", "STATUS_EMAIL_FROM_ADDRESS", "DEFAULT_FROM_EMAIL", "no-reply@example.com"),
    ("DEFAULT_CONTACT_EMAIL", "CONTACT_EMAIL", "CONTACT_EMAIL", "info@edx.org"),
    ("DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY", "DEFAULT_REVIEW_POLICY", "DEFAULT_REVIEW_POLICY", "Closed Book"),
    ("SOFTWARE_SECURE_CLIENT_TIMEOUT", "SOFTWARE_SECURE_CLIENT_TIMEOUT", "SOFTWARE_SECURE_CLIENT_TIMEOUT", 30),
    (
        "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD",
        "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD",
        "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD",
        10,
    ),
    (
        "DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
        60,
    ),
]
FLAGS = [
    ("ALLOW_REVIEW_UPDATES", "ALLOW_REVIEW_UPDATES", True),
    ("REQUIRE_FAILURE_SECOND_REVIEWS", "REQUIRE_FAILURE_SECOND_REVIEWS", True),
    ("ONBOARDING_PROFILE_API", "USE_ONBOARDING_PROFILE_API", False),
]


@pytest.mark.contract("settings#precedence")
@pytest.mark.parametrize(("constant", "key", "setting", "default"), SOURCES, ids=[row[0] for row in SOURCES])
def test_each_constant_reads_its_sources_in_order(settings, constant, key, setting, default):
    settings.PROCTORING_SETTINGS = {}
    assert getattr(constants, constant) == default
    setattr(settings, setting, "from the top level")
    assert getattr(constants, constant) == "from the top level"
    settings.PROCTORING_SETTINGS = {key: "from our own"}
    assert getattr(constants, constant) == "from our own"


@pytest.mark.contract("settings#precedence")
@pytest.mark.parametrize(("constant", "key", "default"), FLAGS, ids=[row[0] for row in FLAGS])
def test_a_flag_accepts_true_or_false_as_text_and_ignores_other_text(settings, constant, key, default):
    settings.PROCTORING_SETTINGS = {}
    assert getattr(constants, constant) is default
    setattr(settings, key, not default)
    assert getattr(constants, constant) is not default
    settings.PROCTORING_SETTINGS = {key: default}
    assert getattr(constants, constant) is default
    settings.PROCTORING_SETTINGS = {key: str(not default).upper()}
    assert getattr(constants, constant) is not default
    settings.PROCTORING_SETTINGS = {key: "<true or false>"}
    assert getattr(constants, constant) is default


@pytest.mark.contract("settings#precedence")
def test_without_a_contact_email_the_sender_of_mails_is_used(settings):
    del settings.CONTACT_EMAIL
    settings.PROCTORING_SETTINGS = {"STATUS_EMAIL_FROM_ADDRESS": "proctoring@example.com"}
    assert constants.DEFAULT_CONTACT_EMAIL == "proctoring@example.com"


@pytest.mark.contract("settings#precedence")
def test_a_missing_required_setting_raises(settings):
    del settings.PLATFORM_NAME
    with pytest.raises(AttributeError):
        _ = constants.PLATFORM_NAME


@pytest.mark.contract("settings#current")
def test_content_is_viewable_past_due_only_if_configured(settings):
    assert constants.CONTENT_VIEWABLE_PAST_DUE_DATE is False
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    assert constants.CONTENT_VIEWABLE_PAST_DUE_DATE is True


@pytest.mark.contract("settings#old-keys")
@pytest.mark.parametrize("key", ["MUST_BE_VERIFIED_TRACK", "MUST_COMPLETE_ICRV", "CLIENT_TIMEOUT"])
def test_a_key_of_former_releases_changes_nothing_and_is_not_reported(settings, key):
    def everything():
        values = {name: getattr(constants, name) for name in dir(constants) if name.isupper()}
        fields = [name for name, field in vars(type(conf.proctoring)).items() if isinstance(field, property)]
        assert "allow_timed_out_state" in fields
        values |= {name: getattr(conf.proctoring, name) for name in fields if name != "options"}
        return values, run_checks()

    settings.PROCTORING_SETTINGS = {}
    before = everything()
    settings.PROCTORING_SETTINGS = {key: 4711}
    assert everything() == before


@pytest.mark.contract("settings#fixed")
def test_constants_without_a_setting_have_their_published_values():
    assert constants.VERIFICATION_DAYS_VALID == 365
    assert constants.TIME_MULTIPLIER == "time_multiplier"
    assert constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format("x") == "edx_proctoring.x_ping_failure_passthrough"
    assert constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API == (
        "edx_proctoring.onboarding_profile_instructor_dashboard_api"
    )
    assert constants.REDS_API_REDIRECT == "edx_proctoring.reds_api_redirect"


@pytest.mark.contract("settings#fixed")
def test_the_minimum_time_is_one_naive_object():
    assert constants.MINIMUM_TIME is constants.MINIMUM_TIME
    assert datetime.fromtimestamp(0) == constants.MINIMUM_TIME  # noqa: DTZ006 - contract: naive


@pytest.mark.contract("published-names#constants", "settings#current")
def test_a_patched_constant_wins_until_the_patch_ends(settings):
    settings.PROCTORING_SETTINGS = {"SITE_NAME": "configured"}
    with mock.patch("edx_proctoring.constants.SITE_NAME", "patched"):
        assert constants.SITE_NAME == "patched"
    assert constants.SITE_NAME == "configured"
    settings.PROCTORING_SETTINGS = {"SITE_NAME": "changed"}
    assert constants.SITE_NAME == "changed"


def test_names_can_be_imported_and_listed():
    from edx_proctoring.constants import FROM_EMAIL

    assert FROM_EMAIL == "no-reply@example.com"
    assert "FROM_EMAIL" in dir(constants)
    with pytest.raises(AttributeError, match="NO_SUCH"):
        _ = constants.NO_SUCH


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), (False, False), ("true", True), (" FALSE ", False), ("yes", None), ("", None), (0, False)],
)
def test_a_configured_boolean_is_parsed(value, flag):
    assert conf.as_bool(value) is flag


@pytest.mark.parametrize("value", [None, "text", []])
def test_settings_of_the_wrong_type_count_as_empty(settings, value):
    settings.PROCTORING_SETTINGS = value
    settings.PROCTORING_BACKENDS = value
    assert conf.proctoring.options == conf.proctoring.backends == {}


@pytest.mark.contract("provider-configuration#url-scheme", "settings#call-time")
@pytest.mark.parametrize(("https", "scheme"), [("on", "https"), ("off", "http"), (None, "http"), ("ON", "http")])
def test_the_url_scheme_follows_the_https_setting(settings, https, scheme):
    settings.HTTPS = https
    assert conf.proctoring.lms_host == f"{scheme}://localhost:8000"


@pytest.mark.contract("provider-configuration#url-scheme", "settings#call-time")
def test_without_the_https_setting_the_scheme_is_https(settings):
    del settings.HTTPS
    assert conf.proctoring.url_scheme == "https"


@pytest.mark.contract("provider-configuration#call-time", "settings#call-time")
def test_settings_are_read_at_each_access(settings):
    settings.PROCTORING_SETTINGS = {}
    assert conf.proctoring.link_urls is None
    assert (conf.proctoring.low_threshold_pct, conf.proctoring.critically_low_threshold_pct) == (0.2, 0.05)
    assert conf.proctoring.allow_timed_out_state is conf.proctoring.allow_callback_simulation is False
    assert conf.proctoring.async_provider_calls is False
    assert conf.proctoring.inbox_days == 90
    settings.PROCTORING_SETTINGS = {"ALLOW_TIMED_OUT_STATE": True, "LINK_URLS": {"faq": "x"}, "low_threshold_pct": 0.5}
    assert conf.proctoring.allow_timed_out_state is True
    assert conf.proctoring.link_urls == {"faq": "x"}
    assert conf.proctoring.low_threshold_pct == 0.5
