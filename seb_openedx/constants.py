"""Names and separators that several modules share."""

from typing import Final

SEPARATOR_CHAR: Final = ","

SEB_NOT_TABLES_FOUND: Final = (
    "The tables of seb_openedx do not exist, so no course configuration is read from or written to the database. "
    "Run: manage.py lms migrate seb_openedx"
)

# Published with these five values. The code uses LIST_FIELDS.
SEB_ARRAY_FIELDS_MODEL: Final = [
    "permission_components",
    "browser_keys",
    "config_keys",
    "blacklist_chapters",
    "whitelist_paths",
]

# Columns of a course configuration that hold lists, joined with SEPARATOR_CHAR.
LIST_FIELDS: Final = [*SEB_ARRAY_FIELDS_MODEL, "blacklist_sequences", "blacklist_verticals"]

# Keys of a course configuration in the detailed form (contract/safe-exam-browser#detailed-form).
LIST_KEYS: Final = tuple(name.upper() for name in LIST_FIELDS)
BOOLEAN_KEYS: Final = ("USER_BANNING_ENABLED", "ALLOW_MFE_ACCESS", "ENABLED")

# Key of the detailed form -> column of SebBanPolicy. These came after the published columns.
BAN_KEYS: Final = {
    "BAN_THRESHOLD": "threshold",
    "BAN_WINDOW_SECONDS": "window_seconds",
    "BAN_DURATION_SECONDS": "duration_seconds",
}

# Key of the detailed form -> column of SebCourseConfiguration.
COLUMN_OF_KEY: Final = {key: "seb_enabled" if key == "ENABLED" else key.lower() for key in (*LIST_KEYS, *BOOLEAN_KEYS)}

SEB_HEADERS: Final = ("X-SafeExamBrowser-RequestHash", "X-SafeExamBrowser-ConfigKeyHash")

MIDDLEWARE_PATH: Final = "seb_openedx.middleware.SecureExamBrowserMiddleware"
