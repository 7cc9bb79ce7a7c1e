"""The provider interface, and the two providers without a vendor."""

import threading
from typing import Any

import pytest

from edx_proctoring import constants
from edx_proctoring.backends import mock as mock_module
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.mock import MockProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.tests.test_backend import PassthroughBackendProvider

ABSTRACT = {
    "register_exam_attempt": ({}, {}),
    "start_exam_attempt": ("e", "a"),
    "stop_exam_attempt": ("e", "a"),
    "mark_erroneous_exam_attempt": ("e", "a"),
    "remove_exam_attempt": ("e", "a"),
    "get_software_download_url": (),
    "on_review_callback": ({}, {}),
    "on_exam_saved": ({},),
}


@pytest.mark.contract("provider-interface#methods")
class TestInterface:
    def test_the_interface_has_its_published_abstract_methods(self):
        assert ProctoringBackendProvider.__abstractmethods__ == set(ABSTRACT)

    def test_a_class_without_an_abstract_method_cannot_be_instantiated(self):
        class Incomplete(NullBackendProvider):
            on_exam_saved = ProctoringBackendProvider.on_exam_saved

        with pytest.raises(TypeError, match="on_exam_saved"):
            Incomplete()

    @pytest.mark.contract("provider-interface#base-class")
    @pytest.mark.parametrize(("method", "arguments"), ABSTRACT.items())
    def test_super_of_an_abstract_method_raises(self, method, arguments):
        with pytest.raises(NotImplementedError):
            getattr(PassthroughBackendProvider(), method)(*arguments)

    def test_optional_methods_have_their_published_defaults(self):
        provider = NullBackendProvider()
        exam, attempt = {"id": 1}, {"id": 2}
        assert provider.get_javascript() == ""
        assert provider.get_exam(exam) is exam
        assert provider.get_attempt(attempt) is attempt
        assert provider.get_instructor_url("c", {}, exam_id="e", attempt_id="a") is None
        assert provider.get_instructor_url("c", {}, show_configuration_dashboard=True) is None
        assert provider.get_instructor_url("c", {}, encrypted_video_review_url=b"x") is None
        assert provider.retire_user("u") is None
        assert provider.should_block_access_to_exam_material() is False
        assert provider.get_onboarding_profile_info("c", user_id="u") is None
        assert provider.get_proctoring_config() is None
        assert provider.get_video_review_aes_key() is None

    @pytest.mark.contract("provider-interface#attributes")
    def test_attributes_have_their_published_defaults(self):
        provider = PassthroughBackendProvider()
        assert provider.verbose_name == "Unknown"
        assert provider.tech_support_email == provider.tech_support_phone == ""
        assert provider.learner_notification_from_email == provider.help_center_article_url == ""
        assert provider.has_dashboard is provider.supports_onboarding is False
        for absent in ("integration_specific_email", "passing_statuses", "npm_module"):
            assert not hasattr(provider, absent)

    @pytest.mark.contract(
        "provider-interface#attributes", "provider-interface#live-objects", "provider-interface#base-class"
    )
    def test_options_become_attributes_that_can_be_deleted(self):
        provider = PassthroughBackendProvider(verbose_name="Mine", anything=1)
        assert (provider.verbose_name, provider.anything) == ("Mine", 1)
        del provider.verbose_name
        assert provider.verbose_name == "Unknown"

    @pytest.mark.contract("provider-interface#live-objects")
    def test_methods_can_be_replaced_on_an_instance(self):
        provider = NullBackendProvider()
        provider.get_javascript = lambda: "/x.js"
        assert provider.get_javascript() == "/x.js"
        del provider.get_javascript
        assert provider.get_javascript() == ""


@pytest.mark.contract("provider-interface#attributes")
class TestPingInterval:
    def test_the_default_follows_the_constant(self, monkeypatch):
        provider = NullBackendProvider()
        assert provider.ping_interval == NullBackendProvider.ping_interval == 60
        monkeypatch.setattr(constants, "DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS", 12, raising=False)
        assert provider.ping_interval == 12

    def test_an_option_replaces_the_default(self):
        assert PassthroughBackendProvider(ping_interval=30).ping_interval == 30

    def test_a_class_attribute_replaces_the_default(self):
        class Plugin(NullBackendProvider):
            ping_interval = 20

        assert Plugin().ping_interval == 20


@pytest.mark.contract("provider-interface#null-provider")
class TestNull:
    def test_every_method_does_nothing(self):
        provider = NullBackendProvider()
        results = {method: getattr(provider, method)(*arguments) for method, arguments in ABSTRACT.items()}
        assert results.pop("remove_exam_attempt") is True
        assert set(results.values()) == {None}
        assert provider.verbose_name == "Null Backend"


@pytest.mark.contract("mock-provider#in-process")
class TestMock:
    @pytest.fixture
    def callback(self, monkeypatch):
        """Replaces the launch callback; records when it was called and with which arguments."""
        called = threading.Event()
        calls: list[tuple[Any, ...]] = []

        def start_exam_callback(*arguments: Any) -> None:
            calls.append(arguments)
            called.set()

        monkeypatch.setattr(mock_module, "start_exam_callback", start_exam_callback)
        return called, calls

    def test_a_registered_attempt_is_reported_ready_within_two_seconds(self, callback, monkeypatch):
        called, calls = callback
        seconds: list[float] = []
        due = threading.Event()

        class TestTimer(threading.Timer):
            """A timer that fires when the test says that its time has come."""

            def __init__(self, interval: float, *args: Any, **kwargs: Any) -> None:
                seconds.append(interval)
                super().__init__(0, *args, **kwargs)

            def run(self) -> None:
                due.wait(10)
                super().run()

        monkeypatch.setattr(threading, "Timer", TestTimer)
        assert MockProctoringBackendProvider().register_exam_attempt(None, {"attempt_code": "CODE"}) == "CODE"
        assert calls == []
        due.set()
        assert called.wait(2)
        assert calls == [(None, "CODE")]
        assert 0 < seconds[0] <= 2

    def test_without_a_delay_the_attempt_is_reported_ready_during_registration(self, callback):
        MockProctoringBackendProvider(ready_after=0).register_exam_attempt({}, {"attempt_code": "CODE"})
        assert callback[1] == [(None, "CODE")]

    def test_the_thread_of_the_delay_is_a_daemon(self, callback):
        before = set(threading.enumerate())
        MockProctoringBackendProvider(ready_after=0.2).register_exam_attempt({}, {"attempt_code": "CODE"})
        (thread,) = set(threading.enumerate()) - before
        assert thread.daemon
        thread.join(2)

    def test_a_failing_callback_is_logged(self, monkeypatch, caplog):
        def fail(*arguments: Any) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(mock_module, "start_exam_callback", fail)
        mock_module._report_ready("CODE")
        assert "attempt_code=CODE" in caplog.text

    def test_options_do_not_become_attributes(self):
        provider = MockProctoringBackendProvider(1, supports_onboarding=True)
        assert (provider.args, provider.kwargs) == ((1,), {"supports_onboarding": True})
        assert provider.supports_onboarding is False

    def test_the_other_methods_do_nothing(self):
        provider = MockProctoringBackendProvider()
        assert provider.verbose_name == "Mock Backend"
        assert provider.get_software_download_url() == "mockurl"
        assert provider.remove_exam_attempt("e", "a") is True
        assert provider.on_exam_saved({}) is None
        assert provider.on_review_callback({}, {}) is None
        assert provider.start_exam_attempt("e", "a") is None
        assert provider.stop_exam_attempt("e", "a") is None
        assert provider.mark_erroneous_exam_attempt("e", "a") is None
