"""Settings modules and system checks."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import run_checks

from seb_openedx import checks, conf
from seb_openedx.apps import SebOpenEdxConfig
from seb_openedx.constants import MIDDLEWARE_PATH
from tests.seb.app.conftest import COURSE, KEY

SETTINGS = ("common", "production", "aws", "test")


def plugin_settings(name: str, **attributes: Any) -> SimpleNamespace:
    """Return a host's settings module after the plug-in's function of that name."""
    host = SimpleNamespace(**attributes)
    import_module(f"seb_openedx.settings.{name}").plugin_settings(host)
    return host


@pytest.mark.contract("safe-exam-browser#plugin")
def test_what_the_host_learns_from_the_app():
    urls = SebOpenEdxConfig.plugin_app["url_config"]
    assert urls == {"lms.djangoapp": {"namespace": "seb-openedx", "regex": "^seb-openedx/", "relative_path": "urls"}}
    modules = SebOpenEdxConfig.plugin_app["settings_config"]["lms.djangoapp"]
    assert {name: entry["relative_path"] for name, entry in modules.items()} == {
        name: f"settings.{name}" for name in SETTINGS
    }


@pytest.mark.contract("safe-exam-browser#settings")
def test_the_published_defaults():
    found = vars(plugin_settings("common"))
    backends = "seb_openedx.edxapp_wrapper.backends"
    assert found == {
        "SEB_COURSE_MODULE": f"{backends}.get_course_module_n_v1",
        "SEB_UPDATE_MODULESTORE": f"{backends}.get_course_module_n_v1",
        "SEB_COURSEWARE_MODULE": f"{backends}.get_courseware_module_n_v1",
        "SEB_COURSEWARE_INDEX_VIEW": f"{backends}.get_courseware_index_view_n_v1",
        "SEB_GET_CHAPTER_FROM_LOCATION": f"{backends}.get_chapter_from_location_h_v1",
        "SEB_CONFIGURATION_HELPERS": f"{backends}.get_configuration_helpers_n_v1",
        "SEB_EDXMAKO_MODULE": f"{backends}.edxmako_module_n_v1",
        "SEB_PERMISSION_COMPONENTS": ["AlwaysAllowStaff", "CheckSEBHashBrowserExamKeyOrConfigKey"],
        "SEB_KEY_SOURCES": [
            "from_global_settings",
            "from_other_course_settings",
            "from_django_model",
            "from_site_configuration",
            "from_global_settings_default_keys",
            "from_site_configuration_default_keys",
        ],
        "SEB_KEY_DESTINATIONS": ["to_django_model", "to_other_course_settings", "to_site_configuration"],
        "SEB_USE_ALL_SOURCES": True,
        "SEB_WHITELIST_PATHS": [],
        "SEB_BLACKLIST_CHAPTERS": [],
        "SEB_USER_BANNING_BACKEND": "DatabaseBannedUsersBackend",
        "SEB_USER_BANNING_ENABLED": False,
        "SEB_ALLOW_MFE_ACCESS": False,
        "SEB_INDIVIDUAL_COURSE_ACTIVATION": False,
    }
    assert vars(plugin_settings("test")) == found


@pytest.mark.contract("safe-exam-browser#production-settings")
@pytest.mark.parametrize("name", ["production", "aws"])
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({}, {}, id="no-tokens"),
        pytest.param({"ENV_TOKENS": None}, {}, id="empty-tokens"),
        pytest.param({"SAFE_EXAM_BROWSER": {COURSE: [KEY]}}, {COURSE: [KEY]}, id="set-before"),
        pytest.param({"ENV_TOKENS": {"SAFE_EXAM_BROWSER": [{COURSE: [KEY]}]}}, [{COURSE: [KEY]}], id="in-the-file"),
        pytest.param({"SAFE_EXAM_BROWSER": {}, "ENV_TOKENS": {"SAFE_EXAM_BROWSER": {"a": []}}}, {"a": []}, id="both"),
    ],
)
def test_courses_in_production(name, attributes, expected):
    assert expected == plugin_settings(name, **attributes).SAFE_EXAM_BROWSER


@pytest.mark.contract("safe-exam-browser#production-settings")
def test_the_operators_file_has_the_last_word():
    tokens = {
        "SEB_KEY_SOURCES": ["from_django_model"],
        "SEB_WHITELIST_PATHS": ["about"],
        "SEB_PUBLIC_BASE_URLS": ["https://x"],
        "BLACKLIST_VERTICALS": ["v"],
        "SOMETHING_ELSE": 1,
    }
    host = plugin_settings("production", ENV_TOKENS=tokens, SEB_KEY_SOURCES=[], SEB_USE_ALL_SOURCES=False)
    assert (host.SEB_KEY_SOURCES, host.SEB_WHITELIST_PATHS) == (["from_django_model"], ["about"])
    assert (host.SEB_PUBLIC_BASE_URLS, host.BLACKLIST_VERTICALS) == (["https://x"], ["v"])
    assert host.SEB_USE_ALL_SOURCES is False
    assert not hasattr(host, "SOMETHING_ELSE")


def test_a_host_without_any_of_the_settings_reads_defaults():
    found = {
        name: getattr(conf.seb, name) for name, value in vars(conf.SebSettings).items() if isinstance(value, property)
    }
    assert found["sources"] == [
        "from_global_settings", "from_other_course_settings", "from_django_model", "from_site_configuration"
    ]  # fmt: skip
    assert found["destinations"] == ["to_django_model", "to_other_course_settings", "to_site_configuration"]
    assert found["permission_components"] is None
    assert found["use_all_sources"]
    assert found["blacklist_fails_closed"]
    assert not found["banning_enabled"]
    assert found["cache_seconds"] == 0


def test_settings_of_the_wrong_type_count_as_absent(settings):
    settings.SEB_KEY_SOURCES = 5
    settings.SEB_CONFIG_CACHE_SECONDS = "soon"
    settings.FEATURES = None
    assert len(conf.seb.sources) == 4
    assert conf.seb.cache_seconds == 0
    assert conf.seb.feature_flags.get("x") is None


# --- Checks -----------------------------------------------------------------------------------------------------------


def found_ids() -> list[str]:
    return sorted(message.id for message in checks.check_settings())


@pytest.mark.contract("safe-exam-browser#checks")
def test_the_defaults_are_without_a_finding():
    assert [message for message in run_checks() if message.id.startswith("seb_openedx")] == []


SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
LOGIN = "django.contrib.auth.middleware.AuthenticationMiddleware"


@pytest.mark.contract("safe-exam-browser#checks")
@pytest.mark.parametrize(
    ("overrides", "ids"),
    [
        ({"SEB_PERMISSION_COMPONENTS": ["NoSuchThing"]}, ["E002"]),
        ({"SEB_PERMISSION_COMPONENTS": ["no.such.Thing"]}, ["E002"]),
        ({"SEB_KEY_SOURCES": ["from_nowhere", "from_django_model"]}, ["E003"]),
        ({"SEB_KEY_DESTINATIONS": ["to_nowhere"]}, ["E004"]),
        ({"MIDDLEWARE": [MIDDLEWARE_PATH, SESSION, LOGIN]}, ["E005", "E005"]),
        ({"MIDDLEWARE": [SESSION, MIDDLEWARE_PATH, LOGIN]}, ["E005"]),
        ({"MIDDLEWARE": [SESSION, LOGIN, MIDDLEWARE_PATH]}, []),
        ({"SAFE_EXAM_BROWSER": ["k1", "k2"]}, ["E006", "I001"]),
        ({"SAFE_EXAM_BROWSER": {COURSE: [KEY]}}, ["I001"]),
        ({"SAFE_EXAM_BROWSER": [{COURSE: [KEY]}], "MIDDLEWARE": [MIDDLEWARE_PATH]}, []),
        ({"SAFE_EXAM_BROWSER": {COURSE: ["short"]}, "MIDDLEWARE": [MIDDLEWARE_PATH]}, ["W001"]),
        ({"SAFE_EXAM_BROWSER": {COURSE: {"PERMISSION_COMPONENTS": ["x"]}}, "MIDDLEWARE": [MIDDLEWARE_PATH]}, ["E002"]),
        (
            {
                "SAFE_EXAM_BROWSER": {
                    COURSE: {"PERMISSION_COMPONENTS": ["CheckSEBHashConfigKey"], "BROWSER_KEYS": [KEY]}
                },
                "MIDDLEWARE": [MIDDLEWARE_PATH],
            },
            ["W003"],
        ),
        ({"SEB_USER_BANNING_BACKEND": "UserprofileBannedUsersBackend"}, ["E007"]),
        ({"SEB_USER_BANNING_BACKEND": "NoSuchBackend"}, ["E007"]),
        ({"SEB_LEGACY_MISSING_KEYS_GRANT": True}, ["W002"]),
        ({"SEB_SESSION_TTL_SECONDS": 0}, ["W004"]),
        ({"SEB_BAN_WINDOW_SECONDS": 0, "SEB_BAN_THRESHOLD": 3, "SEB_CONFIG_CACHE_SECONDS": 0}, []),
        ({"SEB_BAN_THRESHOLD": "3", "SEB_BAN_DURATION_SECONDS": -1, "SEB_FILE_MAX_BYTES": True}, ["W004"] * 3),
        ({"SEB_USER_BANNING_ENABLED": "False"}, ["W004"]),
        ({"SEB_LINK_SCHEME": "https", "SEB_SESSION_COOKIE_SAMESITE": "lax"}, ["W004", "W004"]),
        ({"SEB_MFE_PATHS": ["^/api/ok$", "("]}, ["W004"]),
        ({"SEB_MIN_VERSIONS": {"win": "3.9", "ios": ""}}, []),
        ({"SEB_MIN_VERSIONS": {"linux": "3.9"}}, ["W004"]),
        ({"SEB_MIN_VERSIONS": {"win": "new"}}, ["W004"]),
        ({"SEB_MIN_VERSIONS": ["3.9"]}, ["W004"]),
    ],
)
def test_a_mistake_is_told(settings, overrides, ids):
    for name, value in overrides.items():
        setattr(settings, name, value)
    assert found_ids() == [f"seb_openedx.{number}" for number in ids]


@pytest.mark.contract("safe-exam-browser#checks")
def test_two_distributions_of_the_package_are_told(monkeypatch):
    entries = [SimpleNamespace(dist=SimpleNamespace(name=name)) for name in ("edx-proctoring", "seb-openedx")]
    monkeypatch.setattr(checks.metadata, "entry_points", lambda **kwargs: entries)
    (message,) = checks.check_settings()
    assert message.id == "seb_openedx.E001"
    assert "seb-openedx" in message.msg


def test_no_finding_shows_a_whole_key(settings):
    settings.SAFE_EXAM_BROWSER = {COURSE: ["0123456789abcdef"]}
    assert all("0123456789" not in str(message) for message in checks.check_settings())
