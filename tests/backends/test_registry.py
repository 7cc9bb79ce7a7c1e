"""Providers are built from the configuration and found by name."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from edx_proctoring import backends
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.backends.legacy_adapter import LegacyProviderAdapter
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider

from . import plugins
from .conftest import SOFTWARE_SECURE_OPTIONS

PLUGINS = "tests.backends.plugins"
SOFTWARE_SECURE = "edx_proctoring.backends.software_secure.SoftwareSecureBackendProvider"
NULL = "edx_proctoring.backends.null.NullBackendProvider"


@pytest.fixture
def load(settings):
    """Configure backends and load them."""

    def load(configured: Any = None, **other: Any) -> registry.Registry:
        settings.PROCTORING_BACKENDS = {} if configured is None else configured
        for name, value in other.items():
            setattr(settings, name, value)
        return registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)

    return load


@pytest.fixture
def config():
    return apps.get_app_config("edx_proctoring")


@pytest.mark.contract("provider-configuration#start-up", "provider-configuration#unknown-plug-ins")
class TestPlugins:
    @pytest.mark.contract("provider-configuration#plug-ins")
    def test_the_shipped_plugins_are_discovered(self):
        found = registry.discover_plugins()
        assert {name: found[name].value for name in ("mock", "null", "software_secure", "rpnow4")} == {
            "mock": "edx_proctoring.backends.mock:MockProctoringBackendProvider",
            "null": "edx_proctoring.backends.null:NullBackendProvider",
            "software_secure": "edx_proctoring.backends.software_secure:SoftwareSecureBackendProvider",
            "rpnow4": "edx_proctoring.backends.software_secure:SoftwareSecureBackendProvider",
        }

    def test_configured_plugins_are_built_under_their_names(self, load):
        loaded = load({"null": {}, "rpnow4": SOFTWARE_SECURE_OPTIONS, "DEFAULT": "null"})
        assert {name: type(provider) for name, provider in loaded.backends.items()} == {
            "null": NullBackendProvider,
            "rpnow4": SoftwareSecureBackendProvider,
        }
        assert loaded.backends["rpnow4"].backend_name == "rpnow4"
        assert loaded.broken == {}

    def test_a_configured_name_without_a_plugin_is_ignored(self, load):
        loaded = load({"DEFAULT": "null", "null": {}, "lti_external": {"show_review_rules": False}})
        assert list(loaded.backends) == ["null"]
        assert loaded.broken == {}

    @pytest.mark.contract("provider-configuration#entries")
    def test_an_entry_of_none_has_no_options(self, load):
        assert list(load({"null": None}).backends) == ["null"]

    def test_a_missing_setting_means_no_backends(self, settings):
        del settings.PROCTORING_BACKENDS
        assert registry.load(BACKEND_CONFIGURATION_ALLOW_LIST) == registry.Registry()

    def test_of_two_plugins_with_one_name_the_last_is_used_with_a_warning(self, monkeypatch, caplog):
        from importlib.metadata import EntryPoint

        first, last = (
            EntryPoint(name="acme", value=f"{PLUGINS}:{name}", group=registry.NAMESPACE)
            for name in ("Recorder", "Rigid")
        )
        monkeypatch.setattr(registry, "entry_points", lambda group: [first, last, last])
        assert registry.discover_plugins() == {"acme": last}
        assert len(caplog.records) == 1


@pytest.mark.contract(
    "provider-configuration#options", "provider-configuration#host-keys", "provider-configuration#start-up"
)
class TestOptions:
    def test_only_known_options_are_passed_to_the_constructor(self, load):
        entry = {
            "class": f"{PLUGINS}.Recorder",
            "client_id": "a",
            "timeout": 5,
            "own_option": 1,
            "npm_module": "x",
            "LINK_URLS": {},
            "settings": {},
            "show_review_rules": True,
            "requires_escalation_email": True,
            "allow_honor_mode": True,
            "cleint_secret": "typo",
        }
        loaded = load({"acme": entry})
        assert loaded.backends["acme"].options == {"client_id": "a", "timeout": 5, "own_option": 1}
        assert loaded.dropped_keys == {"acme": ["cleint_secret", "npm_module"]}

    @pytest.mark.contract("provider-configuration#several-instances")
    def test_options_declared_by_base_classes_are_passed_too(self, load):
        entry = {"class": f"{PLUGINS}.Grandchild", "own_option": 1, "further_option": 2}
        assert load({"acme": entry}).backends["acme"].options == {"own_option": 1, "further_option": 2}

    def test_declared_options_are_not_passed_to_other_classes(self, load):
        entry = {"class": NULL, "own_option": 1}
        assert load({"acme": entry}).dropped_keys == {"acme": ["own_option"]}

    @pytest.mark.contract("provider-configuration#minimum")
    @pytest.mark.parametrize(
        ("name", "entry"),
        [
            pytest.param("software_secure", SOFTWARE_SECURE_OPTIONS, id="rpnow"),
            pytest.param("mock", {}, id="mock"),
            pytest.param("null", {}, id="null"),
            pytest.param(
                "acme",
                {
                    "class": "edx_proctoring.backends.rest.BaseRestProctoringProvider",
                    "client_id": "a",
                    "client_secret": "b",
                    "base_url": "http://acme.test",
                    "integration_specific_email": "a@example.com",
                },
                id="rest",
            ),
        ],
    )
    def test_the_documented_minimum_is_enough(self, load, name, entry):
        loaded = load({name: entry})
        assert list(loaded.backends) == [name]
        assert (loaded.broken, loaded.dropped_keys) == ({}, {})

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("page_timeout", 3),
            ("callback_secrets", ["s"]),
            ("callback_allowed_networks", ["10.0.0.0/8"]),
            ("password_cipher", "aes-256-gcm"),
            ("strict_content_gate", True),
        ],
    )
    def test_a_new_option_reaches_rpnow(self, load, option, value):
        loaded = load({"software_secure": {**SOFTWARE_SECURE_OPTIONS, option: value}})
        assert getattr(loaded.backends["software_secure"], option) == value

    def test_all_options_of_6_1_4_are_allowed(self):
        assert set(BACKEND_CONFIGURATION_ALLOW_LIST) >= {
            "base_url", "client_id", "client_secret", "crypto_key", "default_rules", "exam_register_endpoint",
            "exam_sponsor", "has_dashboard", "help_center_article_url", "integration_specific_email",
            "learner_notification_from_email", "needs_oauth", "organization", "passing_statuses", "ping_interval",
            "secret_key", "secret_key_id", "send_email", "software_download_url", "supports_onboarding",
            "tech_support_email", "tech_support_phone", "timeout", "token_expiration_time", "verbose_name",
            "video_review_aes_key",
        }  # fmt: skip
        assert "npm_module" not in BACKEND_CONFIGURATION_ALLOW_LIST


@pytest.mark.contract("provider-configuration#several-instances")
class TestSeveralFromOneClass:
    def test_two_names_may_use_one_plugin(self, load):
        loaded = load({"a": {"plugin": "null", "verbose_name": "A"}, "b": {"plugin": "null", "verbose_name": "B"}})
        assert [provider.verbose_name for provider in loaded.backends.values()] == ["A", "B"]
        assert [provider.backend_name for provider in loaded.backends.values()] == ["a", "b"]

    def test_a_name_may_use_a_class_by_its_path(self, load):
        assert type(load({"a": {"class": f"{PLUGINS}.Recorder"}}).backends["a"]) is plugins.Recorder

    def test_an_object_that_refuses_the_name_works_without_it(self, load):
        assert type(load({"a": {"class": f"{PLUGINS}.Closed"}}).backends["a"]) is plugins.Closed


@pytest.mark.contract("provider-configuration#broken", "provider-configuration#start-up")
class TestBroken:
    @pytest.mark.parametrize(
        ("entry", "cause"),
        [
            pytest.param({"class": f"{PLUGINS}.RaisesKeyError"}, KeyError, id="key-error-of-the-constructor"),
            pytest.param({"class": f"{PLUGINS}.Rigid"}, TypeError, id="missing-option"),
            pytest.param({"class": "no.such.Class"}, ImportError, id="class-cannot-be-imported"),
            pytest.param({"plugin": "no-such-plugin"}, ImproperlyConfigured, id="plugin-not-installed"),
            pytest.param("text", ImproperlyConfigured, id="entry-is-no-dict"),
        ],
    )
    def test_a_broken_provider_does_not_affect_the_others(self, load, caplog, entry, cause):
        loaded = load({"acme": entry, "null": {}})
        assert list(loaded.backends) == ["null"]
        assert isinstance(loaded.broken["acme"], cause)
        assert "backend=acme" in caplog.text

    def test_the_log_has_the_traceback_without_secrets(self, load, caplog):
        load(
            {"acme": {"class": f"{PLUGINS}.Talkative", "client_secret": "very-secret", "callback_secrets": ["hook-1"]}}
        )
        assert "plugins.py" in caplog.text
        assert "ValueError: *** and *** do not fit acme" in caplog.text
        assert "very-secret" not in caplog.text

    def test_looking_up_a_broken_provider_chains_the_cause(self, load):
        loaded = load({"acme": {"class": f"{PLUGINS}.Rigid"}})
        with pytest.raises(NotImplementedError, match="acme") as caught:
            registry.find("acme", loaded.backends, loaded.broken)
        assert isinstance(caught.value.__cause__, TypeError)


@pytest.mark.contract("provider-configuration#references")
class TestReferences:
    def test_values_are_read_from_the_environment_and_from_files(self, load, monkeypatch, tmp_path):
        monkeypatch.setenv("ACME_SECRET", "from-env")
        (tmp_path / "key").write_bytes("schlüssel\r\n".encode())
        entry = {
            "class": f"{PLUGINS}.Recorder",
            "client_secret": {"env": "ACME_SECRET"},
            "callback_secrets": [{"file": str(tmp_path / "key")}, "plain"],
            "base_url": "http://acme.test",
        }
        assert load({"acme": entry}).backends["acme"].options == {
            "client_secret": "from-env",
            "callback_secrets": ["schlüssel", "plain"],
            "base_url": "http://acme.test",
        }

    def test_the_older_form_has_them_too(self, load, monkeypatch):
        monkeypatch.setenv("ACME_SECRET", "from-env")
        entry = {"class": f"{PLUGINS}.Recorder", "options": {"odd": {"env": "ACME_SECRET"}}}
        assert load(PROCTORING_BACKEND_PROVIDERS={"WEB": entry}).backends["WEB"].options == {"odd": "from-env"}

    @pytest.mark.parametrize("value", [{"rule": True}, {"env": "A", "file": "b"}, {"env": 1}, {}])
    def test_other_dicts_are_values(self, load, value):
        entry = {"class": f"{PLUGINS}.Recorder", "client_secret": value}
        assert load({"acme": entry}).backends["acme"].options == {"client_secret": value}

    @pytest.mark.parametrize(
        ("reference", "content", "reason"),
        [
            ({"env": "ACME_NOT_SET"}, b"", "the environment variable ACME_NOT_SET is not set"),
            ({"file": "/no/such/file"}, b"", "the file /no/such/file cannot be read: No such file or directory"),
            ({"file": ""}, b"\xff-secret", "is not UTF-8"),
            ({"file": ""}, b"x" * 70000, "has more than 65536 bytes"),
        ],
    )
    def test_one_that_cannot_be_read_breaks_the_entry_and_is_named_without_its_value(
        self, load, tmp_path, caplog, reference, content, reason
    ):
        if reference == {"file": ""}:
            reference = {"file": str(tmp_path / "key")}
            (tmp_path / "key").write_bytes(content)
        loaded = load({"acme": {"class": f"{PLUGINS}.Recorder", "client_secret": reference}, "null": {}})
        assert list(loaded.backends) == ["null"]
        assert str(loaded.broken["acme"]).startswith("The option 'client_secret' has no value: ")
        assert reason in str(loaded.broken["acme"])
        assert "-secret" not in caplog.text

    def test_a_value_from_elsewhere_is_masked(self, load, monkeypatch, caplog):
        monkeypatch.setenv("ACME_SECRET", "very-secret")
        entry = {
            "class": f"{PLUGINS}.Talkative",
            "client_secret": {"env": "ACME_SECRET"},
            "callback_secrets": [{"env": "ACME_SECRET"}],
        }
        load({"acme": entry})
        assert "ValueError: *** and *** do not fit acme" in caplog.text
        assert "very-secret" not in caplog.text


@pytest.mark.contract("provider-configuration#older-options", "provider-configuration#older-merge")
class TestOlderForm:
    """``PROCTORING_BACKEND_PROVIDERS``, as in published configurations."""

    OPTIONS = {"crypto_key": "k", "exam_sponsor": "s"}

    def test_options_are_passed_unfiltered(self, load):
        provider = load(
            PROCTORING_BACKEND_PROVIDERS={"WEB": {"class": f"{PLUGINS}.Recorder", "options": {"odd": 1}}}
        ).backends["WEB"]
        assert provider.options == {"odd": 1}
        assert provider.backend_name == "WEB"

    def test_a_complete_class_is_not_wrapped(self, load):
        entry = {"class": SOFTWARE_SECURE, "options": SOFTWARE_SECURE_OPTIONS}
        loaded = load(PROCTORING_BACKEND_PROVIDERS={"SOFTWARE_SECURE": entry})
        assert type(loaded.backends["SOFTWARE_SECURE"]) is SoftwareSecureBackendProvider

    @pytest.mark.contract("provider-configuration#older-broken")
    @pytest.mark.parametrize(
        ("entry", "cause"),
        [
            ({"options": {}}, ImproperlyConfigured),
            ({"class": NULL}, ImproperlyConfigured),
            ("text", ImproperlyConfigured),
            (None, ImproperlyConfigured),
            ({"class": "no.such.Class", "options": {}}, ImportError),
            ({"class": f"{PLUGINS}.Rigid", "options": {}}, TypeError),
        ],
        ids=["no-class", "no-options", "no-dict", "none", "not-importable", "constructor-fails"],
    )
    def test_a_wrong_entry_is_recorded_as_broken(self, load, entry, cause):
        loaded = load(PROCTORING_BACKEND_PROVIDERS={"acme": entry, "null": {"class": NULL, "options": {}}})
        assert list(loaded.backends) == ["null"]
        assert isinstance(loaded.broken["acme"], cause)

    def test_the_newer_form_wins_over_an_equal_name_with_a_warning(self, load, caplog):
        loaded = load(
            {"acme": {"class": f"{PLUGINS}.Recorder"}},
            PROCTORING_BACKEND_PROVIDERS={"acme": {"class": NULL, "options": {}}},
        )
        assert type(loaded.backends["acme"]) is plugins.Recorder
        assert "backend=acme" in caplog.text

    @pytest.mark.contract("provider-configuration#older-form")
    @pytest.mark.parametrize("tokens", ["AUTH_TOKENS", "ENV_TOKENS"])
    def test_the_hosts_tokens_are_read_too(self, load, tokens):
        entry = {"class": NULL, "options": {}}
        loaded = load(**{tokens: {"PROCTORING_BACKEND_PROVIDERS": {"acme": entry}}})
        assert list(loaded.backends) == ["acme"]

    @pytest.mark.contract("provider-configuration#single-provider")
    def test_the_single_form_of_rpnow_is_named_software_secure(self, load):
        loaded = load(PROCTORING_BACKEND_PROVIDER={"class": SOFTWARE_SECURE, "options": SOFTWARE_SECURE_OPTIONS})
        assert list(loaded.backends) == ["software_secure"]

    @pytest.mark.contract("provider-configuration#single-provider")
    def test_the_single_form_of_another_class_is_named_default(self, load):
        loaded = load(PROCTORING_BACKEND_PROVIDER={"class": NULL, "options": {}})
        assert list(loaded.backends) == ["default"]


@pytest.mark.contract("provider-configuration#older-classes")
class TestAdapter:
    OPTIONS = {"crypto_key": "k", "exam_sponsor": "s"}

    def build(self, load, name: str, options: dict[str, Any]) -> Any:
        entry = {"class": f"{PLUGINS}.{name}", "options": options}
        return load(PROCTORING_BACKEND_PROVIDERS={"old": entry}).backends["old"]

    def test_methods_of_the_old_object_are_used(self, load):
        provider = self.build(load, "OldDuck", self.OPTIONS)
        assert isinstance(provider, LegacyProviderAdapter)
        assert type(provider.wrapped) is plugins.OldDuck
        assert (provider.verbose_name, provider.crypto_key) == ("Old Duck", "k")
        assert provider.register_exam_attempt("e", context="c") == "old-id"
        assert provider.wrapped.registered == [("e", "c")]

    def test_methods_that_the_old_object_lacks_have_defaults(self, load):
        provider = self.build(load, "OldDuck", self.OPTIONS)
        assert provider.remove_exam_attempt("e", "a") is True
        assert provider.on_review_callback({}, {"status": "passed"}) == {"status": "passed"}
        assert provider.mark_erroneous_exam_attempt("e", "a") is None
        assert provider.on_exam_saved({}) is None
        assert provider.get_javascript() == ""
        assert provider.get_attempt({"id": 1}) == {"id": 1}
        assert provider.supports_onboarding is False
        assert provider.ping_interval == 60
        assert not hasattr(provider, "npm_module")
        assert not hasattr(provider, "passing_statuses")

    def test_a_subclass_of_an_older_base_class_is_completed(self, load):
        provider = self.build(load, "OldChild", {"crypto_key": "k"})
        assert isinstance(provider.wrapped, plugins.OldChild)
        assert provider.register_exam_attempt({}, context={}) == "old-child-id"
        assert provider.stop_exam_attempt("e", "a") == "stopped"
        assert provider.remove_exam_attempt("e", "a") is True
        assert provider.on_review_callback({}, {"status": "passed"}) == {"status": "passed"}
        assert provider.verbose_name == "Unknown"

    def test_attributes_can_be_assigned_and_deleted(self, load):
        provider = self.build(load, "OldDuck", self.OPTIONS)
        provider.supports_onboarding = True
        assert provider.supports_onboarding is True
        del provider.supports_onboarding
        assert provider.supports_onboarding is False


@pytest.mark.contract("provider-configuration#older-default")
class TestDefault:
    LEGACY = {"WEB": {"class": NULL, "options": {}}}

    @pytest.mark.parametrize(
        ("configured", "other", "default"),
        [
            pytest.param({"DEFAULT": "acme"}, {}, "acme", id="configured"),
            pytest.param({}, {}, None, id="none"),
            pytest.param(
                {"DEFAULT": "acme"}, {"PROCTORING_BACKEND_PROVIDERS": {**LEGACY, "DEFAULT": "WEB"}}, "acme",
                id="the-newer-form-decides",
            ),
            pytest.param(
                {"DEFAULT": "null", "null": {}}, {"PROCTORING_BACKEND_PROVIDERS": {**LEGACY, "DEFAULT": "WEB"}}, "WEB",
                id="the-injected-default-is-no-decision",
            ),
            pytest.param(
                {"DEFAULT": "null", "null": {}, "other": {}},
                {"PROCTORING_BACKEND_PROVIDERS": {**LEGACY, "DEFAULT": "WEB"}}, "null",
                id="null-beside-others-is-a-decision",
            ),
            pytest.param(
                {}, {"PROCTORING_BACKEND_PROVIDERS": {**LEGACY, "default": LEGACY["WEB"]}}, "default",
                id="an-entry-named-default",
            ),
            pytest.param({}, {"PROCTORING_BACKEND_PROVIDERS": LEGACY}, "null", id="else-null"),
            pytest.param(
                {}, {"PROCTORING_BACKEND_PROVIDER": {"class": SOFTWARE_SECURE, "options": {}}}, "software_secure",
                id="the-single-form",
            ),
            pytest.param(
                {}, {"PROCTORING_BACKEND_PROVIDER": {"class": NULL, "options": {}}}, "default",
                id="the-single-form-of-another",
            ),
        ],
    )  # fmt: skip
    def test_the_default_follows_the_configuration(self, settings, configured, other, default):
        settings.PROCTORING_BACKENDS = configured
        for name, value in other.items():
            setattr(settings, name, value)
        assert backends.default_backend_name() == default


@pytest.mark.contract(
    "provider-configuration#lookup", "provider-configuration#exam-provider", "provider-configuration#default"
)
class TestLookup:
    @pytest.mark.parametrize("configured", [{}, {"test": {}}])
    def test_without_a_default_looking_it_up_raises(self, settings, configured):
        settings.PROCTORING_BACKENDS = configured
        with pytest.raises(ImproperlyConfigured):
            backends.get_backend_provider()

    def test_without_the_setting_looking_up_the_default_raises(self, settings):
        del settings.PROCTORING_BACKENDS
        with pytest.raises(ImproperlyConfigured):
            backends.get_backend_provider()

    @pytest.mark.contract("provider-configuration#entries")
    def test_the_default_is_read_at_each_call(self, settings, backends_registry):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "null"}
        assert backends.get_backend_provider() is backends_registry["null"]
        settings.PROCTORING_BACKENDS = {"DEFAULT": "mock"}
        assert backends.get_backend_provider() is backends_registry["mock"]

    def test_looking_up_an_unknown_name_raises_with_the_known_names(self):
        with pytest.raises(NotImplementedError) as caught:
            backends.get_backend_provider(name="foo")
        assert "foo" in str(caught.value)
        assert "null" in str(caught.value)

    @pytest.mark.contract("published-names#one-provider")
    @pytest.mark.parametrize(
        ("exam", "name", "expected"),
        [
            pytest.param({"backend": "null"}, None, "null", id="exam"),
            pytest.param({"backend": "null"}, "mock", "null", id="exam-over-name"),
            pytest.param({"backend": None}, "mock", "mock", id="exam-without-backend"),
            pytest.param({"backend": None}, None, "test", id="default"),
            pytest.param({"backend": "null", "is_proctored": True}, None, "null", id="proctored"),
            pytest.param({}, "null", "null", id="no-exam"),
        ],
    )
    def test_the_exams_provider_wins_over_the_name(self, backends_registry, exam, name, expected):
        assert backends.get_backend_provider(exam, name) is backends_registry[expected]

    @pytest.mark.parametrize("flag", [False, None, 0])
    def test_a_timed_exam_has_none(self, flag):
        assert backends.get_backend_provider({"is_proctored": flag, "backend": "null"}) is None

    def test_an_exam_without_the_backend_key_raises(self):
        with pytest.raises(KeyError):
            backends.get_backend_provider({"is_proctored": True})

    def test_providers_can_be_replaced_on_the_live_object(self, config, monkeypatch):
        replacement = object()
        monkeypatch.setattr(config, "backends", {"test": replacement})
        assert backends.get_backend_provider(name="test") is replacement


@pytest.mark.contract("provider-configuration#choices", "provider-configuration#start-up")
class TestChoices:
    def test_choices_have_the_name_and_the_readable_name(self, config):
        choices = dict(config.get_backend_choices())
        assert choices["null"] == "Null Backend"
        assert choices["mock"] == "Mock Backend"
        assert choices["test"] == "Unknown"
        assert choices["software_secure"] == "RPNow"

    def test_an_object_without_a_readable_name_is_unknown(self, config, monkeypatch):
        monkeypatch.setattr(config, "backends", {"odd": object()})
        assert list(config.get_backend_choices()) == [("odd", "Unknown")]


@pytest.mark.contract("provider-interface#older-signatures", "provider-interface#attribute-precedence")
class TestPluginOfAnotherDistribution:
    """An installed and configured provider package, unmodified (contract/provider-interface#older-signatures)."""

    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        (tmp_path / "acme_proctoring.py").write_text(
            textwrap.dedent(
                """
                from django.utils.translation import gettext_lazy as _
                from edx_proctoring.backends.rest import BaseRestProctoringProvider


                class AcmeProvider(BaseRestProctoringProvider):
                    base_url = "http://acme.test"
                    verbose_name = "Acme Proctoring"
                    tech_support_email = "help@acme.test"
                    learner_notification_from_email = "noreply@acme.test"
                    npm_module = "acme-worker"

                    def __init__(self, **kwargs):
                        super().__init__(**kwargs)
                        self.session.oauth_uri = "/some/path/access_token"

                    @property
                    def instructor_url(self):
                        return self.base_url + "/dashboard/{client_id}?jwt={jwt}"

                    @property
                    def proctoring_instructions(self):
                        return [_("Close all other programs.")]

                    def get_instructor_url(self, course_id, user, exam_id=None, attempt_id=None):
                        return super().get_instructor_url(course_id, user, exam_id, attempt_id)
                """
            )
        )
        info = tmp_path / "acme_proctoring-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-proctoring\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[openedx.proctoring]\nacme = acme_proctoring:AcmeProvider\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        yield tmp_path
        sys.modules.pop("acme_proctoring", None)

    def test_an_installed_plugin_is_built_from_its_entry(self, site, load, http):
        loaded = load({"acme": {"client_id": "id", "client_secret": "s" * 32, "has_dashboard": False}})
        acme = loaded.backends["acme"]
        assert loaded.broken == {}
        assert (acme.verbose_name, acme.has_dashboard) == ("Acme Proctoring", False)

        http.post("http://acme.test/some/path/access_token", json={"access_token": "t", "expires_in": 60})
        http.post("http://acme.test/api/v1/exam/e/attempt/", json={"id": "a"})
        http.get("http://acme.test/api/v1/exam/e/attempt/a/", json={"instructions": ["theirs"]})
        assert acme.register_exam_attempt({"external_id": "e"}, context={"attempt_code": "C"}) == "a"
        attempt = {"external_id": "a", "proctored_exam": {"external_id": "e"}}
        assert acme.get_attempt(attempt) == {"instructions": ["Close all other programs."]}
        assert acme.get_instructor_url("c", {}).startswith("http://acme.test/dashboard/id?jwt=")

    def test_an_unconfigured_plugin_is_not_imported(self, site, load):
        load({"null": {}})
        assert "acme_proctoring" not in sys.modules
