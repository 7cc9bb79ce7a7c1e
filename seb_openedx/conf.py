"""The settings of this app: one typed property each, read at each access.

Contract: contract/safe-exam-browser#settings. Every property has a default, because in Studio the plug-in's settings
modules are not loaded though the middleware is imported there. ``checks`` reports mistakes; at run time an unusable
value counts as absent.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

_MISSING: Final[Any] = object()
# A tuple: joining types again with each read takes longer than the read.
_LISTS: Final = (list, tuple, set, frozenset)
_BACKENDS: Final = "seb_openedx.edxapp_wrapper.backends"

# Setting that names a module -> module. Read by ``edxapp_wrapper``; the published ones are set by ``settings.common``.
HOST_MODULES: Final[Mapping[str, str]] = {
    "SEB_COURSE_MODULE": f"{_BACKENDS}.get_course_module_n_v1",
    "SEB_UPDATE_MODULESTORE": f"{_BACKENDS}.get_course_module_n_v1",
    "SEB_COURSEWARE_MODULE": f"{_BACKENDS}.get_courseware_module_n_v1",
    "SEB_COURSEWARE_INDEX_VIEW": f"{_BACKENDS}.get_courseware_index_view_n_v1",
    "SEB_GET_CHAPTER_FROM_LOCATION": f"{_BACKENDS}.get_chapter_from_location_n_v1",
    "SEB_CONFIGURATION_HELPERS": f"{_BACKENDS}.get_configuration_helpers_n_v1",
    "SEB_EDXMAKO_MODULE": f"{_BACKENDS}.edxmako_module_n_v1",
    "SEB_ENROLLMENTS_MODULE": f"{_BACKENDS}.get_enrollments_n_v1",
}

# Names of view keywords that carry the key of a course or of a block.
REQUEST_KWARGS: Final = [
    "course_key_string",
    "course_id",
    "course_key",
    "usage_key_string",
    "usage_id",
    "usage_key",
    "usage_key_str",
    "location",
    "block_id",
]


def _names(value: object, default: list[str]) -> list[str]:
    """Return a configured list of names; a single text is a list of one."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, _LISTS):
        return [item for item in value if isinstance(item, str)]
    return default


def _positive(name: str, default: int) -> int:
    value = getattr(settings, name, default)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


class SebSettings:
    """Everything this app reads from Django settings."""

    def host_module(self, setting: str) -> str:
        """Return the dotted path of the module that ``setting``, a key of ``HOST_MODULES``, names."""
        return getattr(settings, setting, HOST_MODULES[setting])

    @property
    def is_studio(self) -> bool:
        """``SERVICE_VARIANT`` is ``cms``."""
        return getattr(settings, "SERVICE_VARIANT", None) == "cms"

    @property
    def feature_flags(self) -> Any:
        """``FEATURES``: a mapping, or a stand-in for one on newer platforms."""
        flags = getattr(settings, "FEATURES", None)
        return flags if hasattr(flags, "get") else {}

    @property
    def courses(self) -> Any:
        """``SAFE_EXAM_BROWSER`` as configured: course id, or ``default`` → configuration."""
        return getattr(settings, "SAFE_EXAM_BROWSER", None)

    @property
    def sources(self) -> list[str]:
        """``SEB_KEY_SOURCES``: names of sources, in order of precedence."""
        default = ["from_global_settings", "from_other_course_settings", "from_django_model", "from_site_configuration"]
        return _names(getattr(settings, "SEB_KEY_SOURCES", None), default)

    @property
    def destinations(self) -> list[str]:
        """``SEB_KEY_DESTINATIONS``: names of destinations, in the order in which they are tried."""
        default = ["to_django_model", "to_other_course_settings", "to_site_configuration"]
        return _names(getattr(settings, "SEB_KEY_DESTINATIONS", None), default)

    @property
    def use_all_sources(self) -> bool:
        """``SEB_USE_ALL_SOURCES``, default True: keys of all sources count, else those of the first that has any."""
        return bool(getattr(settings, "SEB_USE_ALL_SOURCES", True))

    @property
    def permission_components(self) -> list[str] | None:
        """``SEB_PERMISSION_COMPONENTS``; None when the setting does not exist."""
        value = getattr(settings, "SEB_PERMISSION_COMPONENTS", _MISSING)
        return None if value is _MISSING else _names(value, [])

    @property
    def banning_backend(self) -> str:
        """``SEB_USER_BANNING_BACKEND``: a class in ``user_banning``, or a dotted path."""
        return str(getattr(settings, "SEB_USER_BANNING_BACKEND", None) or "DatabaseBannedUsersBackend")

    @property
    def banning_enabled(self) -> bool:
        """``SEB_USER_BANNING_ENABLED``, default False."""
        return bool(getattr(settings, "SEB_USER_BANNING_ENABLED", False))

    @property
    def allow_mfe_access(self) -> bool:
        """``SEB_ALLOW_MFE_ACCESS``, default False: navigation data of the front ends is open."""
        return bool(getattr(settings, "SEB_ALLOW_MFE_ACCESS", False))

    @property
    def individual_activation(self) -> bool:
        """``SEB_INDIVIDUAL_COURSE_ACTIVATION``, default False: only courses with ``ENABLED`` are protected."""
        return bool(getattr(settings, "SEB_INDIVIDUAL_COURSE_ACTIVATION", False))

    @property
    def ban_threshold(self) -> int:
        """``SEB_BAN_THRESHOLD``, default 1: so many refusals ban."""
        return _positive("SEB_BAN_THRESHOLD", 1)

    @property
    def ban_window_seconds(self) -> int:
        """``SEB_BAN_WINDOW_SECONDS``, default 0: within which refusals add up; 0 for ever."""
        return _positive("SEB_BAN_WINDOW_SECONDS", 0)

    @property
    def ban_duration_seconds(self) -> int:
        """``SEB_BAN_DURATION_SECONDS``, default 0: after which a ban ends by itself; 0 never."""
        return _positive("SEB_BAN_DURATION_SECONDS", 0)

    @property
    def audit_log_enabled(self) -> bool:
        """``SEB_AUDIT_LOG_ENABLED``, default True: refusals are written to the audit log."""
        return bool(getattr(settings, "SEB_AUDIT_LOG_ENABLED", True))

    @property
    def audit_store_ip(self) -> bool:
        """``SEB_AUDIT_STORE_IP``, default False: with the address in the network."""
        return bool(getattr(settings, "SEB_AUDIT_STORE_IP", False))

    @property
    def audit_retention_days(self) -> int:
        """``SEB_AUDIT_RETENTION_DAYS``, default 180: after which ``seb_purge`` deletes rows of the audit log."""
        return _positive("SEB_AUDIT_RETENTION_DAYS", 180)

    @property
    def missing_keys_grant(self) -> bool:
        """``SEB_LEGACY_MISSING_KEYS_GRANT``, default False: the "either key" component as in 3.2.0."""
        return bool(getattr(settings, "SEB_LEGACY_MISSING_KEYS_GRANT", False))

    @property
    def public_base_urls(self) -> list[str]:
        """``SEB_PUBLIC_BASE_URLS``: further ``scheme://host[:port]`` under which browsers see this host."""
        return [url.rstrip("/") for url in _names(getattr(settings, "SEB_PUBLIC_BASE_URLS", None), [])]

    @property
    def cache_seconds(self) -> int:
        """``SEB_CONFIG_CACHE_SECONDS``, default 0: how long stored configurations are cached across requests."""
        value = getattr(settings, "SEB_CONFIG_CACHE_SECONDS", 0)
        return max(value, 0) if isinstance(value, int) else 0

    @property
    def blacklist_fails_closed(self) -> bool:
        """``SEB_BLACKLIST_FAIL_CLOSED``, default True: a block whose place is not found counts as listed."""
        return bool(getattr(settings, "SEB_BLACKLIST_FAIL_CLOSED", True))

    @property
    def request_kwargs(self) -> list[str]:
        """``SEB_REQUEST_KWARGS``: names of view keywords that carry course or block keys."""
        return _names(getattr(settings, "SEB_REQUEST_KWARGS", None), REQUEST_KWARGS)

    @property
    def mfe_paths(self) -> list[str]:
        """``SEB_MFE_PATHS``: further regular expressions of navigation data."""
        return _names(getattr(settings, "SEB_MFE_PATHS", None), [])

    @property
    def course_key_regex(self) -> str:
        """``COURSE_KEY_REGEX`` of the host."""
        return str(getattr(settings, "COURSE_KEY_REGEX", r"(?:[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"))

    @property
    def usage_key_regex(self) -> str:
        """``USAGE_ID_PATTERN`` of the host."""
        default = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"
        return str(getattr(settings, "USAGE_ID_PATTERN", default))

    @property
    def learning_mfe_url(self) -> str:
        """``LEARNING_MICROFRONTEND_URL``, default empty."""
        return str(getattr(settings, "LEARNING_MICROFRONTEND_URL", None) or "")

    @property
    def sessions_enabled(self) -> bool:
        """``SEB_EXAM_SESSIONS_ENABLED``, default True: a proof is good for later requests without one."""
        return bool(getattr(settings, "SEB_EXAM_SESSIONS_ENABLED", True))

    @property
    def session_seconds(self) -> int:
        """``SEB_SESSION_TTL_SECONDS``, default 28800: how long a verified session lasts."""
        return _positive("SEB_SESSION_TTL_SECONDS", 28800)

    @property
    def recheck_seconds(self) -> int:
        """``SEB_SESSION_RECHECK_SECONDS``, default 300: age of a proof after which a page is checked again."""
        return _positive("SEB_SESSION_RECHECK_SECONDS", 300)

    @property
    def challenge_seconds(self) -> int:
        """``SEB_CHALLENGE_TTL_SECONDS``, default 120: how long the browser may take for a check."""
        return _positive("SEB_CHALLENGE_TTL_SECONDS", 120)

    @property
    def launch_token_seconds(self) -> int:
        """``SEB_LAUNCH_TOKEN_TTL_SECONDS``, default 600: how long a launch link works."""
        return _positive("SEB_LAUNCH_TOKEN_TTL_SECONDS", 600)

    @property
    def launch_login(self) -> bool:
        """``SEB_LAUNCH_LOGIN``, default False: a launch link logs its learner in, once the browser is proved.

        Off by default, because it moves a login into another browser.
        """
        return bool(getattr(settings, "SEB_LAUNCH_LOGIN", False))

    @property
    def send_user_id(self) -> bool:
        """``SEB_SEND_USER_ID``, default False: pages say who is logged in, which SEB hands on to SEB Server."""
        return bool(getattr(settings, "SEB_SEND_USER_ID", False))

    @property
    def file_max_bytes(self) -> int:
        """``SEB_FILE_MAX_BYTES``, default 262144: size of an uploaded file."""
        return _positive("SEB_FILE_MAX_BYTES", 262144)

    @property
    def session_cookie_samesite(self) -> str:
        """``SEB_SESSION_COOKIE_SAMESITE``, default ``Lax``; ``None`` for front ends of another site."""
        value = getattr(settings, "SEB_SESSION_COOKIE_SAMESITE", "Lax")
        return value if value in ("Lax", "Strict", "None") else "Lax"

    @property
    def link_scheme(self) -> str | None:
        """``SEB_LINK_SCHEME``: ``seb`` or ``sebs``; None, for ``auto``, follows the request."""
        value = getattr(settings, "SEB_LINK_SCHEME", "auto")
        return value if value in ("seb", "sebs") else None

    @property
    def allow_alliance_edition(self) -> bool:
        """``SEB_ALLOW_ALLIANCE_EDITION``, default False: minimum versions admit builds of SEB Alliance."""
        return bool(getattr(settings, "SEB_ALLOW_ALLIANCE_EDITION", False))

    @property
    def min_versions(self) -> dict[str, str]:
        """``SEB_MIN_VERSIONS``: platform (``win``, ``mac``, ``ios``) → lowest version, for every exam."""
        value = getattr(settings, "SEB_MIN_VERSIONS", None)
        return dict(value) if isinstance(value, Mapping) else {}

    @property
    def filter_always_allow(self) -> list[str]:
        """``SEB_FILTER_ALWAYS_ALLOW``: expressions that the address filter of generated files always allows.

        Default: the host names of ``LMS_ROOT_URL``, ``CMS_ROOT_URL``, the front ends and ``STATIC_URL``, as far as
        they are set, and those of ``SEB_PUBLIC_BASE_URLS``.
        """
        value = getattr(settings, "SEB_FILTER_ALWAYS_ALLOW", None)
        if value is not None:
            return _names(value, [])
        named = ("LMS_ROOT_URL", "CMS_ROOT_URL", "LEARNING_MICROFRONTEND_URL", "AUTHN_MICROFRONTEND_URL", "STATIC_URL")
        urls = [str(getattr(settings, name, None) or "") for name in named] + self.public_base_urls
        hosts = (urlsplit(url).netloc for url in urls)
        return list(dict.fromkeys(f"{host}/*" for host in hosts if host))

    @property
    def lms_root_url(self) -> str:
        """``LMS_ROOT_URL``, without a slash at its end; default empty."""
        return str(getattr(settings, "LMS_ROOT_URL", None) or "").rstrip("/")


seb: Final = SebSettings()
