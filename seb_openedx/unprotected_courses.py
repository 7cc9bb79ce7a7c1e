"""Courses that Safe Exam Browser does not concern: most of a platform, so their pages must cost next to nothing.

Contract: contract/safe-exam-browser#read-once. With ``SEB_CONFIG_CACHE_SECONDS``, a request that has found nothing
about a course leaves a note in the shared cache. The next requests read the note instead of what is stored about the
course; the settings and the site's configuration, which are never cached, they read themselves.
"""

from typing import Any, Final

from django.utils import timezone

from seb_openedx import conf
from seb_openedx.configuration_reading import is_stored, note_about, note_key, to_cache, valid_until
from seb_openedx.permissions import opens_without_keys
from seb_openedx.seb_keys_sources import get_ordered_seb_keys_sources

# However long the rest may be cached: a note that is wrong leaves a course open.
_MOST_SECONDS: Final = 60


def is_noted(course_key: Any) -> bool:
    """Return whether a page of the course may pass, because neither a note nor what is never cached protects it."""
    # With bans, a learner may be out of a course that has no configuration.
    if not conf.seb.cache_seconds or conf.seb.banning_enabled:
        return False
    # The note holds the components that it relies on: it must not outlive a change of the setting.
    if note_about(str(course_key)) != [conf.seb.permission_components]:
        return False
    try:
        for source in get_ordered_seb_keys_sources():
            if not is_stored(source) and source(course_key):
                return False
    except Exception:
        # The full decision reads them again, and knows what a source that fails means for the course.
        return False
    return True


def note(course_key: Any) -> None:
    """Note that nothing is stored about a course, for as long as what this request has read may be cached."""
    seconds = int(min(valid_until() - timezone.now().timestamp(), _MOST_SECONDS))
    # What is stored about a course drops the note of its plain key.
    is_plain = not getattr(course_key, "branch", None)
    if conf.seb.cache_seconds and seconds > 0 and is_plain and opens_without_keys():
        to_cache({note_key(str(course_key)): [conf.seb.permission_components]}, seconds)
