"""Options and their checks."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import checks
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring.backends.constructor import ConstructorProctoringProvider, configuration, tokens
from edx_proctoring.backends.constructor.claims import SessionFacts, start_claims
from edx_proctoring.constructor.checks import MIDDLEWARE

from .account import NOON, SECRET, make_provider, set_options

pytestmark = pytest.mark.contract("constructor#options", "constructor#checks")


def test_the_defaults() -> None:
    options = make_provider().options
    assert (options.vendor, options.trusted_origins) == ("https://a.proctor.example", ("https://a.proctor.example",))
    assert (options.mode, options.window_days, options.date_format, options.content_mode) == (
        "offline",
        30,
        "z",
        "shell",
    )
    assert (options.message_timeout_ms, options.status_ttl_seconds, options.start_token_ttl) == (15_000, 30, 3600)
    assert options.problems == options.hints == ()


def test_the_guide_of_operators_names_every_option() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "constructor.rst").read_text("utf-8")
    made_of_others = {"vendor", "jwt_secrets", "suspicious_from", "problems", "hints"}
    options = {field.name for field in fields(configuration.ConstructorOptions)} - made_of_others
    options |= {"proctor_url", "jwt_secret", "jwt_secret_previous", "score_policy"}
    assert {option for option in options if f"``{option}``" not in guide} == set()


@pytest.mark.parametrize("given", ["t.proctor.example", "https://t.proctor.example", "https://T.Proctor.example/"])
def test_the_vendor_may_be_a_host_or_an_address(given: str) -> None:
    assert make_provider(proctor_url=given).options.vendor == "https://t.proctor.example"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"proctor_url": None}, "proctor_url"),
        ({"proctor_url": "http://t.proctor.example"}, "proctor_url"),
        ({"integration_name": "a/b"}, "integration_name"),
        ({"jwt_secret": "short"}, "jwt_secret"),
        ({"jwt_secret": {"env": "NO_SUCH_VARIABLE"}}, "NO_SUCH_VARIABLE"),
        ({"jwt_secret_previous": "text"}, "jwt_secret_previous"),
        ({"trusted_origins": ["https://a.example/path"]}, "trusted_origins"),
        ({"trusted_origins": []}, "trusted_origins"),
        ({"mode": "sometimes"}, "mode"),
        ({"date_format": "iso"}, "date_format"),
        ({"http_timeout": 0}, "http_timeout"),
        ({"conclusions": {"accepted": "fine"}}, "conclusions"),
        ({"score_policy": {"suspicious_from": "many"}}, "score_policy"),
        ({"message_forms": []}, "message_forms"),
        ({"user_agreement_url": "javascript:alert(1)"}, "user_agreement_url"),
        ({"schedule": "yes"}, "schedule"),
    ],
)
def test_a_mistake_is_a_problem_that_names_the_option_and_not_the_value(options: dict[str, Any], part: str) -> None:
    problems = make_provider(**options).options.problems
    assert [part in problem for problem in problems][:1] == [True]
    assert "short" not in " ".join(problems).replace("shorter", "")


def test_options_that_are_no_dict_are_a_problem() -> None:
    assert not ConstructorProctoringProvider(constructor="x").options.is_usable


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"colour": "red"}, "colour"),
        ({"jwt_secret": "sixteen-and-more-xx"}, "jwt_secret"),
        ({"rules": {"allow_cats": True}}, "allow_cats"),
        ({"trusted_origins": ["https://*.example.com"]}, "example.com"),
    ],
)
def test_what_is_odd_is_a_hint(options: dict[str, Any], part: str) -> None:
    read = make_provider(**options).options
    assert read.problems == ()
    assert part in read.hints[0]


def test_a_secret_may_be_kept_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTRUCTOR_SECRET", SECRET)
    assert make_provider(jwt_secret={"env": "CONSTRUCTOR_SECRET"}).options.jwt_secrets == (SECRET,)


def _ids() -> set[str | None]:
    return {message.id for message in checks.run_checks(tags=["edx_proctoring"])}


OURS = {
    *("edx_proctoring.W040", "edx_proctoring.W041", "edx_proctoring.W042"),
    *(f"edx_proctoring_constructor.W00{number}" for number in (1, 2, 3)),
}


def test_without_a_backend_of_this_class_no_check_says_anything() -> None:
    assert not OURS & _ids()


def test_checks_name_what_an_operator_has_forgotten(
    provider: ConstructorProctoringProvider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_options(provider, mode="sometimes", colour="red")
    assert OURS & _ids() == {
        "edx_proctoring.W041",
        "edx_proctoring.W042",
        "edx_proctoring_constructor.W001",
        "edx_proctoring_constructor.W003",
    }
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    settings.SESSION_COOKIE_SAMESITE = settings.CSRF_COOKIE_SAMESITE = "None"
    set_options(provider, mode="online")
    assert OURS & _ids() == {"edx_proctoring.W042", "edx_proctoring_constructor.W002"}
    settings.MIDDLEWARE = [MIDDLEWARE, *settings.MIDDLEWARE[:-1]]
    provider.constructor = {key: value for key, value in provider.constructor.items() if key != "colour"}
    assert not OURS & _ids()
    is_installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: "constructor" not in name and is_installed(name))
    assert "edx_proctoring.W040" in _ids()


@pytest.mark.contract("constructor#command")
class TestInfo:
    def test_it_prints_what_the_vendor_must_be_told(
        self, provider: ConstructorProctoringProvider, capsys: pytest.CaptureFixture[str], vendor: Any
    ) -> None:
        vendor.status = None
        call_command("constructor_info", "constructor", "--ping")
        printed = capsys.readouterr().out
        assert "review_url: http://localhost:8000/edx_proctoring/constructor/v1/constructor/webhooks/review" in printed
        assert "agreement_acceptance_url: " in printed
        assert "ping: the vendor answers" in printed
        assert SECRET not in printed

    def test_a_vendor_that_refuses_the_token_is_an_error(
        self, provider: ConstructorProctoringProvider, vendor: Any
    ) -> None:
        vendor.fails_with = 401
        with pytest.raises(CommandError, match="does not answer as it should"):
            call_command("constructor_info", "constructor", "--ping")

    @pytest.mark.parametrize("name", ["test", "no_such_backend"])
    def test_another_backend_is_an_error(self, name: str) -> None:
        with pytest.raises(CommandError, match="not a backend of Constructor Proctor"):
            call_command("constructor_info", name)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3) | st.just(object()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@given(
    given_options=st.dictionaries(
        st.sampled_from(sorted(configuration._KEYS) + sorted(configuration._READ_ELSEWHERE)), _VALUES, max_size=6
    )
)
def test_whatever_the_options_are_the_process_starts_and_a_token_can_be_made(given_options: dict[str, Any]) -> None:
    options = make_provider(**given_options).options
    if not options.is_usable:
        assert options.problems
        return
    facts = SessionFacts("s", "https://lms.example/", "u", "e", "Exam", "Course", 90, NOON, NOON)
    token = tokens.sign(start_claims(options, facts, now=NOON), options.jwt_secrets[0])
    assert token.count(".") == 2


@given(overrides=_VALUES | st.dictionaries(st.sampled_from(configuration.PER_EXAM_KEYS), _VALUES, max_size=4))
def test_settings_of_an_exam_that_pass_the_check_make_a_token(overrides: Any) -> None:
    if configuration.problems_of_overrides(overrides):
        return
    facts = SessionFacts(
        "s", "https://lms.example/", "u", "e", "Exam", "Course", 90, NOON, NOON, overrides=overrides, custom_rules="x"
    )
    assert tokens.sign(start_claims(make_provider().options, facts, now=NOON), SECRET)


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJ\n-----END PUBLIC KEY-----\n",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAA comment",
        "half of a pair: \ud800 and more text",
    ],
    ids=["pem", "ssh", "unwritable"],
)
def test_what_cannot_sign_is_no_secret(secret: str) -> None:
    options = make_provider(jwt_secret=secret).options
    assert not options.is_usable
    assert "not a shared secret" in " ".join(options.problems)
    assert make_provider(jwt_secret_previous=[secret]).options.jwt_secrets == (SECRET,)
