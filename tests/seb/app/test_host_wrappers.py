"""The way to the host: wrappers under all published names, on current platforms and on old ones."""

import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from opaque_keys.edx.keys import UsageKey

from seb_openedx.edxapp_wrapper import (
    get_chapter_from_location,
    get_configuration_helpers,
    get_course_module,
    get_courseware_index_view,
    get_courseware_module,
)
from tests.seb.app.conftest import COURSE_KEY, block

BACKENDS = "seb_openedx.edxapp_wrapper.backends"

pytestmark = pytest.mark.contract("safe-exam-browser#host-wrappers")


def use(settings: Any, setting: str, name: str) -> None:
    setattr(settings, setting, f"{BACKENDS}.{name}")


@pytest.mark.parametrize("version", ["n_v1", "h_v1"])
def test_both_names_reach_a_current_platform(host, version):
    for setting, name in {
        "SEB_COURSE_MODULE": "get_course_module",
        "SEB_UPDATE_MODULESTORE": "get_course_module",
        "SEB_COURSEWARE_MODULE": "get_courseware_module",
        "SEB_COURSEWARE_INDEX_VIEW": "get_courseware_index_view",
        "SEB_CONFIGURATION_HELPERS": "get_configuration_helpers",
    }.items():
        use(host.settings, setting, f"{name}_{version}")
    host.settings.SEB_GET_CHAPTER_FROM_LOCATION = f"{BACKENDS}.get_chapter_from_location_h_v1"
    course = host.store.courses[COURSE_KEY]
    assert get_course_module.get_course_module(COURSE_KEY, depth=0) is course
    get_course_module.modulestore_update_item(COURSE_KEY, course, 7)
    assert ("update_item", str(COURSE_KEY), 7) in host.store.calls
    assert get_courseware_module.get_courseware_module().courses.get_course(COURSE_KEY, depth=2) is course
    assert get_courseware_index_view.get_courseware_index_view().__name__ == "CoursewareIndex"
    assert get_configuration_helpers.get_configuration_helpers().SITE is host.site
    assert get_chapter_from_location.get_chapter_from_location(block("problem"), COURSE_KEY) == "chapter1"


@pytest.mark.parametrize(
    ("level", "found"), [("chapter", "chapter1"), ("sequence", "sequence1"), ("vertical", "vertical1")]
)
def test_the_parents_of_a_block(host, level, found):
    assert get_chapter_from_location.get_parent_from_location(block("problem"), COURSE_KEY, level=level) == found
    quoted = block("problem").replace("/", ";_")
    assert get_chapter_from_location.get_parent_from_location(quoted, COURSE_KEY, level) == found


@pytest.mark.parametrize("usage_id", ["", "nonsense", block("problem", 9), block("chapter")])
def test_a_block_without_that_parent_has_none(host, usage_id):
    assert get_chapter_from_location.get_parent_from_location(usage_id, COURSE_KEY, level="vertical") is None


def test_an_old_platform_is_reached_by_its_own_names(host, monkeypatch):
    old = {
        "courseware": ModuleType("courseware"),
        "courseware.courses": ModuleType("courseware.courses"),
        "courseware.views": ModuleType("courseware.views"),
        "courseware.views.index": SimpleNamespace(CoursewareIndex="the old page"),
    }
    for name, module in old.items():
        monkeypatch.setitem(sys.modules, name, module)
    use(host.settings, "SEB_COURSEWARE_MODULE", "get_courseware_module_h_v1")
    use(host.settings, "SEB_COURSEWARE_INDEX_VIEW", "get_courseware_index_view_h_v1")
    assert get_courseware_module.get_courseware_module() is old["courseware"]
    assert get_courseware_index_view.get_courseware_index_view() == "the old page"


def test_a_platform_without_the_legacy_page_raises_import_error(host, monkeypatch):
    monkeypatch.delattr(import_module("lms.djangoapps.courseware.views.index"), "CoursewareIndex")
    for version in ("n_v1", "h_v1"):
        use(host.settings, "SEB_COURSEWARE_INDEX_VIEW", f"get_courseware_index_view_{version}")
        with pytest.raises(ImportError):
            get_courseware_index_view.get_courseware_index_view()


def test_old_keys_are_mapped_into_the_course(host):
    old = UsageKey.from_string("i4x://edX/DemoX/problem/p1").map_into_course(COURSE_KEY)
    host.store.paths[old] = [None, SimpleNamespace(block_id="c1")]
    found = get_chapter_from_location.get_chapter_from_location("i4x:;_;_edX;_DemoX;_problem;_p1", COURSE_KEY)
    assert found == "c1"
