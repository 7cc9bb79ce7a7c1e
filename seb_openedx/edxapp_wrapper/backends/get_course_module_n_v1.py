"""Courses in the modulestore of current platforms."""

from importlib import import_module
from typing import Any


def _store() -> Any:
    return import_module("xmodule.modulestore.django").modulestore()


def get_course_module(course_key: Any, depth: int = 0) -> Any:
    """Return the block of a course, or None."""
    return _store().get_course(course_key, depth=depth)


def modulestore_update_item(course_key: Any, course_module: Any, user_id: Any) -> None:
    """Save the block of a course in the draft branch and in the default one."""
    store, branches = _store(), import_module("xmodule.modulestore").ModuleStoreEnum.Branch
    with store.bulk_operations(course_key):
        with store.branch_setting(branches.draft_preferred, course_key):
            store.update_item(course_module, user_id)
        store.update_item(course_module, user_id)
