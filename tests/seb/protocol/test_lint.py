"""What is reported about settings that come from elsewhere."""

import time
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seb_openedx.protocol import Level, check_password, generate, has_errors, lint_settings, plist
from seb_openedx.protocol.lint import CODES
from tests.seb.protocol import strategies, vectors

pytestmark = pytest.mark.contract("seb-protocol#findings")


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param(
            {"a": datetime(2026, 1, 2)},  # noqa: DTZ001 - as plistlib's
            [("date_not_portable", "a")],
            id="date",
        ),
        pytest.param({"a": [{"b": 1.2345678901234567}]}, [("real_not_portable", "a[0].b")], id="long-real"),
        pytest.param({"a": 1e-15}, [("decimals_not_portable", "a")], id="small-real"),
        pytest.param({"a": "1024"}, [("integer_as_string", "a")], id="integer-as-text"),
        pytest.param({"a": ["", "x"]}, [("empty_string_in_array", "a[0]")], id="empty-text-in-list"),
        pytest.param({"a": 'say "x"'}, [("fragile_string", "a")], id="quotes"),
        pytest.param({"a": "x "}, [("fragile_string", "a")], id="blank-at-the-end"),
        pytest.param({"a": "\u00a0x"}, [("fragile_string", "a")], id="unusual-blank"),
        pytest.param({"a": "x\ny"}, [("fragile_string", "a")], id="line-break"),
        pytest.param({"Ab": 1, "aB": 1}, [("keys_differ_in_case", "Ab")], id="keys-differ-in-case"),
        pytest.param({"allowWLAN": True}, [("obsolete_key", "allowWLAN")], id="obsolete"),
        pytest.param({"a-b": 1}, [("key_order_unknown", "a-b")], id="unknown-order"),
        pytest.param({"schlüssel": 1}, [("key_order_unknown", "schlüssel")], id="key-outside-ascii"),
        pytest.param(
            {"OriginatorVersion": "x", "z": 1},
            [("originator_not_portable", "OriginatorVersion")],
            id="originator-in-another-case",
        ),
        pytest.param(
            {"a": {"originatorVersion": "x", "z": 1}},
            [("originator_not_portable", "a.originatorVersion")],
            id="originator-further-down",
        ),
        pytest.param(
            {"": {"originatorVersion": "x", "z": 1}},
            [("originator_not_portable", "originatorVersion")],
            id="originator-below-a-key-without-name",
        ),
        pytest.param({"a": 1, "z": {}}, [("trailing_omitted_entry", "z")], id="empty-dictionary-is-last"),
        pytest.param(
            {"a": 1, "originatorVersion": "x"}, [("trailing_omitted_entry", "originatorVersion")], id="o-is-last"
        ),
        pytest.param({"y": {"a": 1, "b": {}}}, [("trailing_omitted_entry", "y.b")], id="last-further-down"),
        pytest.param(
            {"sebAllowedVersions": ["Win.3.7.min", "win.3.7.min", 3]},
            [
                ("bad_version_entry", "sebAllowedVersions[1]"),
                ("bad_version_entry", "sebAllowedVersions[2]"),
            ],
            id="versions",
        ),
        pytest.param(
            {"sebAllowedVersions": "Win.3.7.min"}, [("bad_version_entry", "sebAllowedVersions")], id="no-list"
        ),
        # The same shapes without the fault.
        pytest.param({"a": 1, "y": {}, "z": 1}, [], id="an-omitted-entry-in-between"),
        pytest.param({"y": {}, "z": {}}, [], id="nothing-is-kept-so-no-comma"),
        pytest.param({"a": 0.10000000000000001, "b": 1.0, "c": 1e20}, [], id="short-reals"),
        pytest.param({"a": "", "b": "x y", "c": "C:\\x", "d": "10%"}, [], id="plain-texts"),
        pytest.param({"originatorVersion": ' "x"', "z": 1}, [], id="originator-may-hold-anything"),
        pytest.param({"a": {"sebAllowedVersions": ["x"]}}, [], id="another-entry-of-that-name"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_findings(entries, found):
    findings = lint_settings(entries)

    assert [(finding.code, finding.key) for finding in findings] == found
    assert all((finding.level, finding.message) == CODES[finding.code] for finding in findings)


def test_the_published_file_has_no_finding():
    assert lint_settings(plist.loads(vectors.FILE)) == []


def test_generated_settings_have_no_finding():
    entries = generate(
        {"min_versions": {"win": "3.7"}, "url_filter": True, "allowed_expressions": ["a.example.com/*"]},
        start_url="https://lms.example.com/start/",
        quit_url="https://lms.example.com/quit/",
    )

    assert lint_settings(entries) == []


def test_errors_are_told_from_warnings():
    assert has_errors(lint_settings({"a": 1, "z": {}}))
    assert not has_errors(lint_settings({"a": "1"}))
    assert CODES["bad_version_entry"][0] is Level.ERROR


@pytest.mark.parametrize(("password", "codes"), [("quit-me", []), ("", []), ("Prüfung", ["password_not_ascii"])])
def test_a_password_outside_ascii_is_reported(password, codes):
    assert [finding.code for finding in check_password(password)] == codes


def test_the_first_twenty_of_each_code_are_reported():
    entries = {"a": [1e-15] * 1000, "b": [1.2345678901234567] * 3, "c": 1, "z": {}}
    codes = [finding.code for finding in lint_settings(entries)]

    assert codes == ["decimals_not_portable"] * 20 + ["real_not_portable"] * 3 + ["trailing_omitted_entry"]


def test_a_long_key_costs_little():
    # Were the whole key part of each place, it would be 20 GB.
    entries = {"k" * 2_000_000: [{"x": ' "'} for _item in range(9_000)]}
    started = time.process_time()

    findings = lint_settings(entries)
    assert len(plist.dumps(entries)) > 2_000_000
    assert sum(len(finding.key) for finding in findings) < 10_000
    assert time.process_time() - started < 10


@settings(max_examples=60, deadline=None)
@given(strategies.settings)
def test_findings_hold_no_values(entries):
    for finding in lint_settings({**entries, "hashedAdminPassword": ' "secret" '}):
        assert finding.message == CODES[finding.code][1]
        assert "secret" not in finding.key + finding.message


@settings(max_examples=60, deadline=None)
@given(strategies.settings, st.randoms())
def test_findings_do_not_depend_on_the_order_in_the_file(entries, random):
    shuffled = dict(random.sample(list(entries.items()), len(entries)))

    assert lint_settings(shuffled) == lint_settings(entries)
