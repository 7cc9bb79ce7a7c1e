"""A host with the platform's URLs, modules and a modulestore in memory; requests go through real middleware."""

import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from opaque_keys.edx.keys import CourseKey, UsageKey

from seb_openedx import configuration_reading, log_once
from seb_openedx.constants import MIDDLEWARE_PATH
from seb_openedx.lazy_import_seb_courseware_index import LazyImportSebCoursewareIndex
from seb_openedx.middleware import SecureExamBrowserMiddleware
from seb_openedx.settings import common

HOST = Path(__file__).parent / "host"
HOST_MODULES = ("lms", "xmodule", "openedx", "common", "web_fragments", "host_urls", "api_views")

COURSE = "course-v1:edX+DemoX+Demo_Course"
OTHER = "course-v1:edX+Other+2026"
COURSE_KEY = CourseKey.from_string(COURSE)
KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4
BROWSER_KEY_HEADER = "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH"
CONFIG_KEY_HEADER = "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"
ORIGIN = "http://testserver"

# A path of blocks in the demonstration course: chapter1 > sequence1 > vertical1 > problem1, and the same with 2.
BLOCKS = {"chapter": "chapter", "sequence": "sequential", "vertical": "vertical", "problem": "problem"}


def block(kind: str, number: int = 1) -> str:
    """Return the usage key of a block of the demonstration course."""
    return f"block-v1:edX+DemoX+Demo_Course+type@{BLOCKS[kind]}+block@{kind}{number}"


def proof(key: str, path: str, header: str = CONFIG_KEY_HEADER, origin: str = ORIGIN) -> dict[str, str]:
    """Return the header that Safe Exam Browser sends with a request for ``path``."""
    return {header: sha256((origin + path + key).encode()).hexdigest()}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    log_once.forget()
    configuration_reading.forget_notes()
    yield
    log_once.forget()
    configuration_reading.forget_notes()


def _forget_host() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in HOST_MODULES]:
        del sys.modules[name]
    # These were made from the host's modules.
    for name in ("seb_courseware_index", "edxapp_wrapper.backends.edxmako_module_n_v1"):
        sys.modules.pop(f"seb_openedx.{name}", None)
    LazyImportSebCoursewareIndex._class = None


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[SimpleNamespace]:
    """The host with our middleware: ``store`` is its modulestore, ``site`` its site configuration."""
    _forget_host()
    monkeypatch.syspath_prepend(str(HOST))
    common.plugin_settings(settings)
    settings.FEATURES = {"ENABLE_OTHER_COURSE_SETTINGS": True}
    settings.SERVICE_VARIANT = "lms"
    settings.SAFE_EXAM_BROWSER = {}
    settings.COURSE_KEY_REGEX = r"(?:[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"
    settings.USAGE_ID_PATTERN = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"
    settings.LEARNING_MICROFRONTEND_URL = "https://apps.example.com/learning"
    settings.ROOT_URLCONF = "host_urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE_PATH]
    store = import_module("xmodule.modulestore.django").STORE
    store.add_course(COURSE_KEY)
    course_block = UsageKey.from_string("block-v1:edX+DemoX+Demo_Course+type@course+block@course")
    for number in (1, 2):
        path = [course_block, *(UsageKey.from_string(block(kind, number)) for kind in BLOCKS)]
        for depth, key in enumerate(path):
            store.paths[key] = path[: depth + 1]
    yield SimpleNamespace(
        store=store,
        site=import_module("openedx.core.djangoapps.site_configuration.helpers").SITE,
        settings=settings,
    )
    _forget_host()


@pytest.fixture
def learner(db: Any) -> User:
    return User.objects.create(username="ann")


@pytest.fixture
def staff(db: Any) -> User:
    return User.objects.create(username="gina", is_staff=True)


@pytest.fixture
def browser(host: SimpleNamespace, learner: User) -> Client:
    """The learner's browser."""
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def staff_browser(host: SimpleNamespace, staff: User) -> Client:
    """A browser of global staff."""
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def protect(host: SimpleNamespace) -> Callable[..., None]:
    """Configure the demonstration course in the global settings."""

    def configure(value: Any = None, **detailed: Any) -> None:
        host.settings.SAFE_EXAM_BROWSER = {COURSE: detailed if value is None else value}

    return configure


@pytest.fixture
def middleware() -> SecureExamBrowserMiddleware:
    return SecureExamBrowserMiddleware(get_response=lambda request: None)


@pytest.fixture
def request_factory() -> RequestFactory:
    return RequestFactory()
