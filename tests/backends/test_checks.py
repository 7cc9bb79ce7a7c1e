"""System checks of the configuration."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core import checks
from django.db import connection
from edx_rest_framework_extensions.auth.jwt.decoder import jwt_decode_handler
from rest_framework_jwt.settings import api_settings
from waffle.models import Switch

from edx_proctoring import checks as ours
from edx_proctoring import conf
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from tests.factories import make_exam, make_user

pytestmark = pytest.mark.contract("provider-configuration#checks")


@pytest.fixture
def config(monkeypatch, settings):
    """The app configuration with one working default provider, called ``good``."""
    config = apps.get_app_config("edx_proctoring")
    monkeypatch.setattr(config, "backends", {"good": TestBackendProvider()})
    monkeypatch.setattr(config, "broken_backends", {})
    monkeypatch.setattr(config, "dropped_backend_keys", {})
    settings.PROCTORING_BACKENDS = {"DEFAULT": "good", "good": {}}
    # RPNow's unsigned reviews have a warning of their own: tests/views/test_unsigned_reviews.py
    settings.PROCTORING_SETTINGS = {"ANONYMOUS_REVIEW_CALLBACK": "deny"}
    return config


def messages(include_deployment_checks: bool = False):
    return checks.run_checks(tags=[ours.TAG], include_deployment_checks=include_deployment_checks)


def ids(**kwargs):
    return [message.id for message in messages(**kwargs)]


def test_a_correct_configuration_has_no_messages(config):
    assert messages(include_deployment_checks=True) == []


def test_every_message_has_a_hint(config, settings, make_software_secure):
    settings.PROCTORING_BACKEND_PROVIDERS = []
    config.broken_backends = {"acme": TypeError("x")}
    config.dropped_backend_keys = {"good": ["typo"]}
    config.backends["rp"] = make_software_secure(crypto_key="short", timeout=0)
    settings.PROCTORING_BACKENDS["DEFAULT"] = "absent"
    found = messages()
    assert len({message.id for message in found}) >= 5
    assert all(message.hint for message in found)


@pytest.mark.parametrize("name", ["PROCTORING_SETTINGS", "PROCTORING_BACKENDS", "PROCTORING_BACKEND_PROVIDERS"])
def test_a_setting_with_the_wrong_type_is_an_error(config, settings, name):
    setattr(settings, name, "text")
    assert "edx_proctoring.E001" in ids()


class TestDefault:
    def test_a_missing_default_is_a_warning(self, config, settings):
        settings.PROCTORING_BACKENDS = {"good": {}}
        assert ids() == ["edx_proctoring.W002"]

    def test_a_default_without_a_provider_is_a_warning(self, config, settings):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "acme", "good": {}}
        (message,) = messages()
        assert message.id == "edx_proctoring.W002"
        assert "'acme'" in message.msg
        assert "good" in message.msg


class TestBroken:
    @pytest.mark.parametrize(("default", "number"), [("acme", "E003"), ("good", "W003")])
    def test_a_broken_provider_is_an_error_only_if_it_is_the_default(self, config, settings, default, number):
        settings.PROCTORING_BACKENDS = {"DEFAULT": default, "acme": {}, "good": {}}
        config.broken_backends = {"acme": TypeError("missing client_id")}
        (message,) = messages()
        assert message.id == f"edx_proctoring.{number}"
        assert "missing client_id" in message.msg

    def test_a_broken_provider_of_the_older_form_is_an_error_that_does_not_stop_commands(self, config, settings):
        settings.PROCTORING_BACKEND_PROVIDERS = {"acme": {"class": "x.Y"}}
        config.broken_backends = {"acme": TypeError("x")}
        (message,) = messages()
        assert (message.id, message.level) == ("edx_proctoring.E003", checks.ERROR)
        assert "PROCTORING_BACKEND_PROVIDERS" in message.hint
        assert not message.is_serious(), "commands such as migrate continue"
        assert message.is_serious(checks.WARNING), "a command that stops at warnings stops"

    def test_a_broken_default_provider_is_an_error_that_does_not_stop_commands(self, config, settings):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "acme"}
        settings.PROCTORING_BACKEND_PROVIDERS = {"acme": {"class": "x.Y"}}
        config.broken_backends = {"acme": TypeError("x")}
        (message,) = messages()
        assert (message.id, message.level) == ("edx_proctoring.E003", checks.ERROR)
        assert not message.is_serious(), "commands such as migrate continue"

    def test_the_hint_for_a_plugin_that_cannot_be_imported_names_it(self, config, settings):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "acme", "acme": {}}
        config.broken_backends = {"acme": ImportError("cannot import name 'ugettext'", name="acme_proctoring")}
        (message,) = messages()
        assert "Upgrade or install the plug-in of 'acme' (acme_proctoring)" in message.hint
        assert "PROCTORING_BACKENDS" not in message.hint

    def test_the_message_about_a_broken_provider_masks_its_secrets(self, config, settings):
        settings.PROCTORING_BACKENDS["acme"] = {"client_secret": "very-secret"}
        config.broken_backends = {"acme": ValueError("very-secret is wrong")}
        (message,) = messages()
        assert "ValueError: *** is wrong" in message.msg


def test_an_option_that_no_provider_accepts_is_a_warning(config):
    config.dropped_backend_keys = {"good": ["cleint_id"]}
    (message,) = messages()
    assert message.id == "edx_proctoring.W004"
    assert "cleint_id" in message.msg


@pytest.mark.parametrize(
    ("value", "expected"), [("<true>", ["edx_proctoring.W005"]), ("true", []), (False, []), (None, [])]
)
def test_a_providers_boolean_with_other_text_is_a_warning(config, settings, value, expected):
    settings.PROCTORING_BACKENDS["good"] = {"settings": {"ALLOW_REVIEW_UPDATES": value}}
    assert ids() == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("<true>", ["edx_proctoring.W005"]), ("False", []), (True, []), (None, [])]
)
def test_a_platform_boolean_with_other_text_is_a_warning(config, settings, value, expected):
    settings.PROCTORING_SETTINGS["ALLOW_TIMED_OUT_STATE"] = value
    assert ids() == expected


@pytest.mark.contract("staff-jobs#numbers")
@pytest.mark.parametrize("name", conf.COUNTS)
@pytest.mark.parametrize(
    ("value", "is_wrong"),
    [
        (1, False),
        (500, False),
        (None, False),
        (0, True),
        (-5, True),
        ("10", True),
        (2.5, True),
        (True, True),
        ([], True),
    ],
)
def test_a_number_that_is_none_is_a_warning_and_counts_as_the_default(config, settings, name, value, is_wrong):
    settings.PROCTORING_SETTINGS[name] = value
    found = messages()
    assert [message.id for message in found] == (["edx_proctoring.W048"] if is_wrong else [])
    assert all(name in message.msg and name in message.hint for message in found)
    used = getattr(conf.proctoring, name.lower())
    assert used == (conf.COUNTS[name] if is_wrong or value is None else value)


@pytest.mark.contract("rest-rules#throttling")
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        pytest.param(None, [], id="absent"),
        pytest.param({"proctoring_anonymous": "60/min", "proctoring_anonymous_code": None}, [], id="set"),
        pytest.param({"proctoring_staff": "often"}, ["edx_proctoring.W035"], id="not-a-rate"),
        pytest.param({"proctoring_stuff": "60/min"}, ["edx_proctoring.W035"], id="unknown-scope"),
        pytest.param({"proctoring_poll": "12/min"}, [], id="polls-just-enough"),
        pytest.param({"proctoring_poll": "11/min"}, ["edx_proctoring.E036"], id="too-few-polls"),
        pytest.param({"proctoring_poll": "1/s"}, [], id="polls-per-second"),
    ],
)
def test_rate_limits_are_checked(config, settings, limits, expected):
    settings.PROCTORING_SETTINGS["RATE_LIMITS"] = limits
    assert ids() == expected


@pytest.mark.parametrize("form", ["PROCTORING_BACKENDS", "PROCTORING_BACKEND_PROVIDERS"])
class TestProviderSettings:
    @pytest.fixture
    def own(self, config, settings, form):
        """Configure ``good`` with these settings."""

        def give(value):
            if form == "PROCTORING_BACKENDS":
                settings.PROCTORING_BACKENDS["good"] = {"settings": value}
            else:
                settings.PROCTORING_BACKEND_PROVIDERS = {"good": {"class": "x", "options": {}, "settings": value}}

        return give

    @pytest.mark.parametrize("value", [None, {}, {"LINK_URLS": None}, {"LINK_URLS": {"faq": "x"}}, {"FROM_EMAIL": "x"}])
    def test_correct_settings_have_no_messages(self, own, value):
        own(value)
        assert messages() == []

    @pytest.mark.parametrize(
        ("value", "where"), [("text", "['settings']"), ({"LINK_URLS": "http://x"}, "['settings']['LINK_URLS']")]
    )
    def test_settings_that_are_not_a_dict_are_a_warning(self, own, form, value, where):
        own(value)
        (message,) = messages()
        assert message.id == "edx_proctoring.W021"
        assert f"{form}['good']{where} must be a dict, but is a str" in message.msg
        assert where in message.hint

    def test_a_misspelt_key_is_a_warning(self, own, form):
        own({"STATUS_EMAIL_FROM_ADRESS": "a@example.com"})
        (message,) = messages()
        assert message.id == "edx_proctoring.W022"
        assert f"{form}['good']['settings'] has keys that nobody reads: STATUS_EMAIL_FROM_ADRESS" in message.msg
        assert "STATUS_EMAIL_FROM_ADDRESS" in message.hint


class TestExamPasswords:
    @pytest.mark.parametrize(("default", "number"), [("rp", "E006"), ("good", "W006")])
    def test_a_key_that_does_not_fit_the_cipher_is_reported(
        self, config, settings, make_software_secure, default, number
    ):
        settings.PROCTORING_BACKENDS["DEFAULT"] = default
        config.backends["rp"] = make_software_secure(crypto_key="abcdefghabcdefghijklmnop")
        (message,) = messages()
        assert message.id == f"edx_proctoring.{number}"

    def test_a_correct_key_has_no_message(self, config, make_software_secure):
        config.backends["rp"] = make_software_secure()
        assert messages() == []


@pytest.mark.parametrize(
    ("debug", "simulation", "expected"),
    [(False, True, ["edx_proctoring.W007"]), (True, True, []), (False, False, [])],
)
def test_callback_simulation_is_a_warning_outside_debug(config, settings, debug, simulation, expected):
    settings.DEBUG = debug
    settings.PROCTORING_SETTINGS = {"ALLOW_CALLBACK_SIMULATION": simulation}
    assert ids(include_deployment_checks=True) == expected


class TestObfuscationKey:
    def test_a_missing_key_is_a_warning(self, config, settings):
        del settings.PROCTORING_USER_OBFUSCATION_KEY
        assert ids() == ["edx_proctoring.W008"]

    def test_a_platform_without_proctoring_needs_no_key(self, config, settings):
        del settings.PROCTORING_USER_OBFUSCATION_KEY
        config.backends = {"good": NullBackendProvider()}
        assert ids() == []


@pytest.mark.parametrize("option", ["timeout", "page_timeout"])
@pytest.mark.parametrize(
    ("value", "is_fine"),
    [(5, True), (0.5, True), ((3, 30), True), (0, False), (-1, False), (None, False), ("5", False), ((1, 2, 3), False),
     ((), False), ((1, None), False), (True, False)],
)  # fmt: skip
def test_a_time_limit_that_is_not_a_positive_number_is_an_error(config, option, value, is_fine):
    setattr(config.backends["good"], option, value)
    assert ids() == ([] if is_fine else ["edx_proctoring.E009"])


class TestJwtKeys:
    @pytest.fixture(autouse=True)
    def _decoder(self, config, monkeypatch):
        monkeypatch.setattr(api_settings, "JWT_DECODE_HANDLER", jwt_decode_handler)

    @pytest.mark.parametrize("keys", [None, "", {}], ids=["none", "empty", "empty-dict"])
    def test_without_public_keys_there_is_a_warning(self, settings, keys):
        settings.JWT_AUTH = {"JWT_SECRET_KEY": "secret", "JWT_PUBLIC_SIGNING_JWK_SET": keys}
        (message,) = messages()
        assert message.id == "edx_proctoring.W010"
        assert "JWT_PUBLIC_SIGNING_JWK_SET" in message.hint

    def test_with_public_keys_there_is_no_message(self, settings):
        settings.JWT_AUTH = {"JWT_PUBLIC_SIGNING_JWK_SET": '{"keys": [{}]}'}
        assert messages() == []

    def test_with_another_decoder_there_is_no_message(self, settings, monkeypatch):
        monkeypatch.setattr(api_settings, "JWT_DECODE_HANDLER", lambda token: {})
        settings.JWT_AUTH = {}
        assert messages() == []


@pytest.mark.contract("host-integration#system-checks")
@pytest.mark.django_db
class TestRows:
    """Rows that name providers. They are read only if a database is named."""

    @pytest.fixture
    def rows(self, config):
        config.backends["rest"] = BaseRestProctoringProvider(base_url="http://x.test", client_id="a", client_secret="b")
        Group.objects.create(name="rest_review").user_set.add(make_user())
        return lambda: ours.check_rows(None, databases=["default"])

    def test_rows_with_configured_providers_have_no_messages(self, rows):
        make_exam(backend="good")
        make_exam(backend=None)
        Switch.objects.create(name="edx_proctoring.good_ping_failure_passthrough", active=True)
        assert rows() == []

    def test_without_a_named_database_nothing_is_queried(self, rows, django_assert_num_queries):
        make_exam(backend="gone")
        with django_assert_num_queries(0):
            assert ours.check_rows(None, databases=None) == []

    @pytest.mark.parametrize("exams", [1, 5])
    def test_exams_of_an_unconfigured_provider_are_one_warning_with_their_number(
        self, rows, exams, django_assert_num_queries
    ):
        for _ in range(exams):
            make_exam(backend="gone")
        (message,) = rows()
        assert message.id == "edx_proctoring.W023"
        assert f"'gone', which is not configured: {exams} of them" in message.msg
        assert "PROCTORING_BACKENDS" in message.hint

    @pytest.mark.parametrize("exam", [{"is_active": False}, {"kind": "timed"}], ids=["inactive", "timed"])
    def test_inactive_or_timed_exams_are_ignored(self, rows, exam):
        make_exam(**{"backend": "gone", **exam})
        assert rows() == []

    def test_exams_of_a_provider_that_runs_elsewhere_are_ignored(self, rows, settings):
        settings.PROCTORING_BACKENDS["lti_external"] = {}
        make_exam(backend="lti_external")
        assert rows() == []

    def test_a_switch_of_an_unconfigured_provider_is_a_warning(self, rows):
        Switch.objects.create(name="edx_proctoring.gone_ping_failure_passthrough", active=False)
        Switch.objects.create(name="edx_proctoring.reds_api_redirect", active=True)
        (message,) = rows()
        assert message.id == "edx_proctoring.W024"
        assert "'edx_proctoring.gone_ping_failure_passthrough'" in message.msg
        assert "'gone'" in message.msg

    @pytest.mark.parametrize("is_active", [None, False], ids=["nobody", "a-closed-account"])
    def test_an_empty_group_of_reviewers_is_a_warning(self, rows, is_active):
        group = Group.objects.get(name="rest_review")
        group.user_set.clear()
        if is_active is not None:
            group.user_set.add(make_user(is_active=is_active))
        (message,) = rows()
        assert message.id == "edx_proctoring.W025"
        assert "'rest_review'" in message.hint

    def test_before_the_tables_exist_nothing_is_queried(self, rows, monkeypatch):
        make_exam(backend="gone")
        monkeypatch.setattr(connection.introspection, "table_names", lambda: ["django_migrations"])
        assert rows() == []
