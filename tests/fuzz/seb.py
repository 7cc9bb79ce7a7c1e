"""Strategies for requests to version 2 of the API of Safe Exam Browser, and the rows that they can refer to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey

from seb_openedx import reasons
from seb_openedx.api.v2 import urls
from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.exams import setup
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration
from tests.fuzz.routes import Address, Route, _booleans, _courses, _pages, arguments, requests_to
from tests.fuzz.strange import Fields, Sent, fields_of, odd_texts, odd_values
from tests.fuzz.world import COURSE_A, COURSE_B, SECRETS, World
from tests.seb.protocol.vectors import ENCRYPTED, FILE, PASSWORD

KEY: Final = "0123456789abcdef" * 4


@dataclass(frozen=True)
class SebAddress(Address):
    """A named URL pattern of Safe Exam Browser's API."""

    namespace: ClassVar[str] = "seb-openedx:seb-api:seb-api-v2:"

    @property
    def route(self) -> Route:
        """Return how it is fuzzed."""
        return SEB_ROUTES[self.name]


def named_routes() -> Iterator[SebAddress]:
    """Yield every named pattern."""
    for pattern in urls.urlpatterns:
        yield SebAddress(pattern.name, tuple(sorted(pattern.pattern.regex.groupindex)))


def add_rows(world: World) -> None:
    """Create what requests can refer to. The usernames in the first course are secrets of its staff."""
    owner, now = world.people["owner"], timezone.now()
    assert owner is not None
    template = SebConfigTemplate.objects.create(name="Room 3", modified_by_username=SECRETS[0])
    world.template_id = template.pk
    for name, change in (
        ("reviewed", setup.Change(mode="template", template_id=template.pk)),
        ("timed", setup.Change(mode="manual", quit_password="quit-me")),
        ("proctored", setup.Change(mode="client", browser_keys=[{"key": KEY}], exempt_usernames=[SECRETS[0]])),
        ("foreign", setup.Change(mode="upload", upload=FILE, upload_name="exam.seb")),
    ):
        exam = world.exams[name]
        row = SebExamConfiguration(course_id=CourseKey.from_string(exam.course_id), content_id=exam.content_id)
        setup.save(row, change, origin="http://testserver", by=SECRETS[0] if exam.course_id == COURSE_A else "gina")
    for course_id, username in ((COURSE_B, "stranger"), (COURSE_A, SECRETS[0])):
        learner = {"username": username, "course_id": CourseKey.from_string(course_id)}
        session = SebSession.objects.create(
            user_id=owner.pk,
            content_id=world.exams["timed"].content_id,
            proof="js_ck",
            created=now,
            last_proof=now,
            last_seen=now,
            expires=now + timedelta(hours=1),
            **learner,
        )
        world.session_id = str(session.pk)
        SebAccessLog.objects.create(created=now, last_seen=now, decision="refused", reason="no_header", **learner)
        ForbiddenCourseAccess.objects.create(access_blocked=True, last_modified_by_username="gina", **learner)
    SebCourseConfiguration.objects.create(course_id=CourseKey.from_string(COURSE_A), config_keys=KEY)


# --- Queries and bodies -----------------------------------------------------------------------------------------------


def _contents(world: World) -> st.SearchStrategy[Any]:
    return st.sampled_from([exam.content_id for exam in world.exams.values()])


def _listed(world: World) -> Fields:
    pages = _pages(world)
    return {
        "page": pages["page"],
        "page_size": pages["page_size"],
        "course_id": _courses,
        "content_id": _contents(world),
        "username": st.sampled_from(world.names),
        "open": _booleans,
        "banned": _booleans,
        "decision": st.sampled_from(("refused", "granted", "no such decision")),
        "reason": st.sampled_from([str(reason) for reason in reasons.Reason]),
        "since": st.sampled_from(("2026-01-01", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59")),
    }


def _only(*names: str) -> Any:
    return lambda world: {name: values for name, values in _listed(world).items() if name in names}


_PAGES: Final = ("page", "page_size")
_keys = st.sampled_from((KEY, KEY.upper(), "f" * 64, "abc", f"{KEY}, {'f' * 64}"))
_entries = fields_of(
    {
        "key": _keys,
        "label": st.text(max_size=9),
        "platform": st.sampled_from(("win", "mac", "ios", "", "beos")),
        "version": st.text(max_size=9),
        "active": _booleans,
    }
)
_options = fields_of(
    {
        "max_displays": st.sampled_from((1, 2, 3, 4, "2")),
        "allow_quit": st.booleans(),
        "url_filter": st.booleans(),
        "allowed_regex": st.lists(st.sampled_from(("^https://.*$", "(", "a" * 501)) | odd_texts, max_size=3),
        "clipboard_policy": st.sampled_from(("allow", "isolated", "none")),
    }
)
_versions = fields_of({"win": st.sampled_from(("3.7", "3.7.1", "", "new")), "mac": st.sampled_from(("3.4", "3"))})


def _exam(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "mode": st.sampled_from(("manual", "client", "client", "off", "upload", "template", "magic")),
            "template_id": st.sampled_from((world.template_id, 0, 999_999)),
            "settings": _options,
            "min_versions": _versions,
            "quit_password": st.sampled_from(("", "quit-me")) | odd_texts,
            "encrypt_password": st.sampled_from(("", "say-it")) | odd_texts,
            "upload_policy": st.sampled_from(("adapt", "preserve")),
            "browser_keys": st.lists(_entries | _keys, max_size=3) | _keys,
            "client_config_keys": st.lists(_keys, max_size=3) | _keys,
            "exempt_username": st.lists(st.sampled_from(world.names) | odd_texts, max_size=3),
            "on_leave": st.sampled_from(("allow", "release")),
            "renew_origin": _booleans,
            "force": _booleans,
        }
    )


def _template(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "name": st.sampled_from(("Room 3", "Room 4")) | odd_texts,
            "description": odd_texts,
            "enabled": _booleans,
            "kind": st.sampled_from(("settings", "settings", "xml", "magic")),
            "settings": _options,
            "force": _booleans,
        }
    )


def _configuration(world: World) -> st.SearchStrategy[Any]:
    lists = st.lists(st.sampled_from((KEY, "about", "AlwaysAllowStaff", "a,b")) | odd_texts, max_size=3)
    return fields_of(
        {
            "PERMISSION_COMPONENTS": st.lists(st.sampled_from(("AlwaysAllowStaff", "NoSuchThing")), max_size=2),
            "BROWSER_KEYS": lists,
            "CONFIG_KEYS": st.lists(st.just(KEY), max_size=2) | lists,
            "WHITELIST_PATHS": lists,
            "BLACKLIST_SEQUENCES": lists,
            "USER_BANNING_ENABLED": _booleans,
            "ENABLED": _booleans,
            "BAN_THRESHOLD": st.sampled_from((None, 1, 0, 2**31)),
        }
    )


def _hashes(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "course_id": _courses,
            "content_id": st.just("") | _contents(world),
            "url": st.sampled_from(("https://lms.example.com/x", "ftp://x", "https://")),
            "configkey": _keys,
            "browserexamkey": _keys,
        }
    )


def _ban(world: World) -> st.SearchStrategy[Any]:
    return fields_of({"course_id": _courses, "username": st.sampled_from(world.names)})


def _release(world: World) -> st.SearchStrategy[Any]:
    return fields_of({"user_id": st.sampled_from(world.user_ids), "reason": odd_texts})


def _settings(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "course_id": _courses,
            "settings": st.dictionaries(st.sampled_from(("allowQuit", "URLFilterRules", "")), odd_values),
        }
    )


def _form(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {"password": odd_texts, "policy": st.sampled_from(("adapt", "preserve", "burn")), "force": _booleans}
    )


SEB_ROUTES: Final[Mapping[str, Route]] = {
    "config-key": Route(("POST",), body=_settings),
    "validate-keys": Route(("POST",), body=_hashes),
    "access-log": Route(
        ("GET",), query=_only(*_PAGES, "course_id", "content_id", "username", "decision", "reason", "since")
    ),
    "access-log-csv": Route(
        ("GET",), query=_only("course_id", "content_id", "username", "decision", "reason", "since")
    ),
    "sessions": Route(("GET",), query=_only(*_PAGES, "course_id", "content_id", "username", "open")),
    "session": Route(("DELETE",)),
    "bans": Route(("GET", "POST"), query=_only(*_PAGES, "course_id", "username", "banned"), body=_ban),
    "ban": Route(("DELETE",)),
    "exams": Route(("GET",), query=_only(*_PAGES)),
    "exam": Route(("PUT", "PUT", "PATCH", "GET", "DELETE"), body=_exam),
    "exam-file": Route(("GET",)),
    "exam-launch": Route(("GET",)),
    "exam-upload": Route(("POST",), query=lambda world: {"dry_run": _booleans}, body=_form),
    "release": Route(("POST",), body=_release),
    "templates": Route(("GET", "POST"), query=_only(*_PAGES), body=_template),
    "template": Route(("PUT", "PUT", "GET", "DELETE"), body=_template),
    # What no destination takes, or removes, is told by 503.
    "course-configuration": Route(
        ("PUT", "PATCH", "GET", "DELETE"), body=_configuration, provider_errors=frozenset({503})
    ),
}  # fmt: skip


# Fields of a form besides the file.
_name: Fields = {"name": st.just("Room 4") | odd_texts}
_NAMES: Final[Mapping[str, Fields]] = {"template": _name, "templates": _name}


@st.composite
def _upload_to(draw: st.DrawFn, world: World, address: SebAddress) -> Sent:
    """Draw a form with a file."""
    values = {name: draw(strategy) for name, strategy in arguments(world, address).items()}
    data = draw(
        st.sampled_from((FILE, ENCRYPTED, ENCRYPTED[:99], b"", b"\x1f\x8b\x08", b"pkhsx")) | st.binary(max_size=20)
    )
    form = {"file": SimpleUploadedFile(draw(st.sampled_from(("exam.seb", "😀.seb", "a" * 300))), data)}
    more = draw(fields_of({"password": st.sampled_from(("", PASSWORD, "x")), **_NAMES.get(address.name, {})}))
    texts = {name: str(value).encode("utf-8", "replace") for name, value in more.items() if name.isidentifier()}
    query = draw(st.sampled_from(("", "", "dry_run=1", "dry_run=x"))) if address.name == "exam-upload" else ""
    method = "PUT" if address.name == "template" else "POST"
    return Sent(method, address.path(values), query, encode_multipart(BOUNDARY, {**form, **texts}), MULTIPART_CONTENT)


def seb_requests_to(world: World, address: SebAddress) -> st.SearchStrategy[Sent]:
    """Return a strategy for requests to one route."""
    plain = requests_to(world, address)
    return plain | _upload_to(world, address) if address.name in ("config-key", "exam-upload", *_NAMES) else plain
