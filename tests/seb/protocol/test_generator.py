"""Settings of exams, made and adapted."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seb_openedx.protocol import (
    DEFAULTS,
    adapt,
    compute_config_key,
    decode,
    encode,
    exam_quit_url,
    exam_start_url,
    generate,
    hash_password,
    lint_settings,
    plist,
    summarize,
    to_seb_json,
)
from seb_openedx.protocol.errors import InvalidSettings, SebError
from seb_openedx.protocol.settings import MAX_EXPRESSIONS, NAMES, SETTINGS
from tests.seb.protocol import strategies, vectors

pytestmark = pytest.mark.contract("seb-protocol#generated-files")

LMS = "https://lms.example.com"
ADDRESSES = {
    "start_url": exam_start_url(LMS, "7f9c2ba4e88f827d616045507605853e"),
    "quit_url": exam_quit_url(LMS, "k3Jd9xQw"),
}
QUIT_ME = hash_password("quit-me")


def made(options=None, **arguments):
    return generate(options or {}, **ADDRESSES, **arguments)


def test_the_published_file_is_made():
    settings = made(quit_password_hash=QUIT_ME)

    assert to_seb_json(settings) == vectors.GENERATED_SEB_JSON
    assert compute_config_key(settings) == vectors.KEY_OF_GENERATED
    assert len(settings) == 27


def test_without_quit_password_there_is_no_entry_for_it():
    assert "hashedQuitPassword" not in made()
    assert compute_config_key(made()) == vectors.KEY_WITHOUT_QUIT_PASSWORD


def test_options_without_a_value_have_their_default():
    assert made(dict.fromkeys(NAMES)) == made()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_choice_writes_its_keys_and_nothing_else(setting):
    value = {"max_displays": 3, "clipboard_policy": "block"}.get(setting.name, not setting.default)
    before, after = made(), made({setting.name: value, "url_filter": value if setting.name == "url_filter" else None})
    changed = {key for key in after if before.get(key) != after[key]}

    assert changed - {"URLFilterRules"} == set(setting.keys)
    assert summarize(after)[setting.name] == value
    if setting.default is None:
        assert not set(setting.keys) & set(before)


def test_uploads_need_four_keys():
    settings = made({"allow_uploads": True})

    assert {key for key in settings if key not in made()} == {
        "allowUploads",
        "allowUploadsiOS",
        "allowDownUploads",
        "allowOpenAndSavePanel",
    }


class TestAddressFilter:
    pytestmark = pytest.mark.contract("seb-protocol#address-filter")

    EXPRESSIONS = {
        "blocked_regex": ["^http:"],
        "allowed_regex": [r"^https://a\.example\.com/"],
        "blocked_expressions": ["b.example.com"],
        "allowed_expressions": [" a.example.com ", "", "a.example.com"],
    }

    def test_rules_have_one_order(self):
        settings = made({"url_filter": True, **self.EXPRESSIONS}, always_allow=["lms.example.com/*"])
        rules = settings["URLFilterRules"]

        assert [(rule["action"], rule["expression"], rule["regex"]) for rule in rules] == [
            (1, "lms.example.com/*", False),
            (1, "a.example.com", False),
            (0, "b.example.com", False),
            (1, r"^https://a\.example\.com/", True),
            (0, "^http:", True),
        ]
        assert all(
            rule["active"] is True and set(rule) == {"action", "active", "expression", "regex"} for rule in rules
        )
        assert summarize(settings)["allowed_expressions"] == ["lms.example.com/*", "a.example.com"]

    def test_without_the_filter_there_are_no_rules(self):
        assert made(self.EXPRESSIONS, always_allow=["lms.example.com/*"]) == made()

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            pytest.param("allowed_expressions", "a.example.com", "list of texts", id="text"),
            pytest.param("allowed_expressions", [1], "list of texts", id="number"),
            pytest.param("blocked_expressions", ["a" * 501], "500 characters", id="too-long"),
            pytest.param("blocked_expressions", ["a\x00b"], "control characters", id="zero-character"),
            pytest.param("allowed_regex", ["a", "("], "expression 2 is not a regular expression", id="not-closed"),
            pytest.param("blocked_regex", ["a{99999999999}"], "expression 1", id="huge-count"),
            pytest.param("blocked_regex", ["a"] * (MAX_EXPRESSIONS + 1), "at most 500", id="too-many"),
        ],
    )
    def test_an_expression_that_cannot_be_used_is_refused(self, name, value, message):
        with pytest.raises(InvalidSettings, match=message) as caught:
            made({name: value})
        assert list(caught.value.errors) == [name]


class TestMinimumVersions:
    pytestmark = pytest.mark.contract("seb-protocol#minimum-versions")

    def test_one_platform_writes_three_entries(self):
        assert made({"min_versions": {"win": "3.7.1"}})["sebAllowedVersions"] == [
            "Win.3.7.1.min",
            "Mac.1.0.min",
            "iOS.1.0.min",
        ]

    def test_with_alliance_builds_each_entry_is_written_twice(self):
        settings = made({"min_versions": {"ios": "3.4"}}, alliance_edition=True)

        assert settings["sebAllowedVersions"] == [
            "Win.1.0.min",
            "Win.1.0.AE.min",
            "Mac.1.0.min",
            "Mac.1.0.AE.min",
            "iOS.3.4.min",
            "iOS.3.4.AE.min",
        ]

    @pytest.mark.parametrize("minimums", [None, {}, {"win": ""}])
    def test_without_minimum_there_is_no_entry(self, minimums):
        assert made({"min_versions": minimums}) == made()

    @pytest.mark.parametrize("minimums", [{"linux": "3.7"}, {"win": "3"}, {"mac": 3.7}, {"ios": "3.4.min"}, ["3.7"]])
    def test_another_platform_or_version_is_refused(self, minimums):
        with pytest.raises(InvalidSettings) as caught:
            made({"min_versions": minimums})
        assert list(caught.value.errors) == ["min_versions"]


def test_every_wrong_option_is_named():
    with pytest.raises(InvalidSettings) as caught:
        generate(
            {"allow_quit": 1, "max_displays": True, "clipboard_policy": "yes", "alow_reload": False, "show_time": True},
            start_url="lms.example.com",
            quit_url=f"{LMS}/#quit",
            quit_password_hash="quit-me",
        )

    assert set(caught.value.errors) == {
        "allow_quit",
        "max_displays",
        "clipboard_policy",
        "alow_reload",
        "start_url",
        "quit_url",
        "quit_password_hash",
    }
    assert "quit-me" not in str(caught.value)


@pytest.mark.parametrize("value", [0, 4, 1.0, "1"])
def test_one_to_three_displays(value):
    with pytest.raises(InvalidSettings, match="max_displays: must be a whole number from 1 to 3"):
        made({"max_displays": value})


@pytest.mark.parametrize("url", ["", "lms", "ftp://a/", "https://", "https://a b/", "https://a/\n", "https://[a/"])
def test_an_address_that_a_browser_would_change_is_refused(url):
    with pytest.raises(InvalidSettings, match="start_url"):
        generate({}, start_url=url, quit_url=ADDRESSES["quit_url"])


# A plausible form: every option of its kind, absent, right or of another type.
options = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from([True, False, None]) for name in DEFAULTS if name != "max_displays"},
        "max_displays": st.integers(0, 4),
        "allow_uploads": st.booleans() | strategies.texts,
        "clipboard_policy": st.sampled_from(["allow", "block", "isolated", "never"]),
        "allowed_expressions": st.lists(strategies.texts, max_size=3),
        "blocked_regex": st.lists(st.from_regex(r"[a-z.*()]{1,6}", fullmatch=True), max_size=3),
        "min_versions": st.dictionaries(st.sampled_from(["win", "mac", "ios"]), st.sampled_from(["3.7", "x", ""])),
    },
)


@settings(max_examples=60, deadline=None)
@given(options, st.none() | st.text(min_size=1, max_size=5))
def test_a_generated_file_has_the_key_of_its_settings(chosen, password):
    try:
        written = made(chosen)
    except InvalidSettings:
        return
    file = decode(encode(written, password=password), password=password)

    assert file.settings == written
    assert file.config_key() == compute_config_key(written)
    assert not [finding for finding in lint_settings(written) if finding.level == "error"]
    # Nothing in the text is left out, escaped or rounded: for expressions without quotes it is JSON.
    if '"' not in repr(chosen) and "\\" not in repr(chosen):
        assert json.loads(to_seb_json(written)) == written


class TestAdapted:
    pytestmark = pytest.mark.contract("seb-protocol#adapted-files")

    def test_an_uploaded_file_is_adapted(self):
        uploaded = plist.loads(vectors.FILE)
        adapted = adapt(uploaded, quit_password_hash=hash_password("other"), **ADDRESSES)

        assert {key for key in uploaded.keys() | adapted.keys() if uploaded.get(key) != adapted.get(key)} == {
            "originatorVersion",  # removed
            "proxies",  # empty, removed
            "startURL",
            "quitURL",
            "hashedQuitPassword",
            "startURLAppendQueryParameter",
        }

    def test_the_quit_password_of_the_file_stays_without_another(self):
        adapted = adapt({"hashedQuitPassword": QUIT_ME}, **ADDRESSES)

        assert adapted["hashedQuitPassword"] == QUIT_ME

    def test_options_replace_what_the_file_says(self):
        template = {"allowQuit": True, "zoomLevel": 2, "sendBrowserExamKey": False}
        adapted = adapt(template, {"allow_quit": False, "allow_print": None}, **ADDRESSES)

        assert adapted == {
            "allowQuit": False,
            "zoomLevel": 2,
            "sendBrowserExamKey": True,
            "browserWindowWebView": 3,
            "startURLAppendQueryParameter": True,
            "startURL": ADDRESSES["start_url"],
            "quitURL": ADDRESSES["quit_url"],
        }

    def test_wrong_options_are_named(self):
        with pytest.raises(InvalidSettings) as caught:
            adapt({}, {"allow_quit": "no"}, start_url="", quit_url=ADDRESSES["quit_url"])
        assert set(caught.value.errors) == {"allow_quit", "start_url"}

    def test_the_argument_is_not_changed(self):
        uploaded = {"a": {"b": {}, "c": 1}}
        adapt(uploaded, **ADDRESSES)
        assert uploaded == {"a": {"b": {}, "c": 1}}

    @settings(max_examples=60, deadline=None)
    @given(strategies.settings)
    def test_an_adapted_file_has_the_key_of_its_settings(self, uploaded):
        adapted = adapt(uploaded, **ADDRESSES)

        assert decode(encode(adapted)).config_key() == compute_config_key(adapted)
        assert "trailing_omitted_entry" not in {finding.code for finding in lint_settings(adapted)}
        assert adapt(adapted, **ADDRESSES) == adapted


class TestSummary:
    pytestmark = pytest.mark.contract("seb-protocol#summary")

    def test_passwords_are_present_or_absent(self):
        summary = summarize({"hashedQuitPassword": QUIT_ME, "hashedAdminPassword": ""})

        assert summary == {"has_quit_password": True, "has_admin_password": False}
        assert QUIT_ME not in repr(summary)

    def test_what_was_chosen_is_found_again(self):
        chosen = {
            **DEFAULTS,
            "allow_quit": False,
            "max_displays": 2,
            "clipboard_policy": "isolated",
            "allow_zoom": True,
        }

        assert summarize(made(chosen)) == {
            **chosen,
            "start_url": ADDRESSES["start_url"],
            "quit_url": ADDRESSES["quit_url"],
            "has_quit_password": False,
            "has_admin_password": False,
        }

    @settings(max_examples=60, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from([key for setting in SETTINGS for key in setting.keys] + ["URLFilterRules", "startURL"]),
            strategies.values,
        )
    )
    def test_odd_values_are_left_out(self, odd):
        summary = summarize(odd)
        known = {name: value for name, value in summary.items() if name in {setting.name for setting in SETTINGS}}

        generate(known, **ADDRESSES)  # whatever is shown can be chosen


def test_hashes_of_passwords():
    assert hash_password("quit-me") == "f7167c94b4059107c30e50a7f76598a0028704b1b42a18b7699e99cea428888f"
    assert hash_password("") == ""
    # ü as one character, and as u with two dots.
    assert hash_password("\u00fc") == hash_password("u\u0308")
    assert re.fullmatch("[0-9a-f]{64}", hash_password("\ud800"))


def test_invalid_settings_are_an_error_of_the_package():
    assert issubclass(InvalidSettings, SebError)
