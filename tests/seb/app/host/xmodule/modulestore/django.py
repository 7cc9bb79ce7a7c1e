"""A store in memory. ``STORE.calls`` records what was asked, ``STORE.error`` is raised by every call."""

from contextlib import contextmanager
from types import SimpleNamespace


class Store:
    def __init__(self):
        self.courses = {}
        self.paths = {}
        self.calls = []
        self.error = None

    def add_course(self, course_key, **other_course_settings):
        self.courses[course_key] = SimpleNamespace(
            id=course_key, display_name="Demonstration Course", other_course_settings=other_course_settings
        )
        return self.courses[course_key]

    def get_course(self, course_key, depth=0):
        self.calls.append(("get_course", str(course_key), depth))
        if self.error:
            raise self.error
        return self.courses.get(course_key)

    def update_item(self, course, user_id):
        self.calls.append(("update_item", str(course.id), user_id))

    @contextmanager
    def bulk_operations(self, course_key):
        yield

    @contextmanager
    def branch_setting(self, branch, course_key):
        self.calls.append(("branch", branch))
        yield


STORE = Store()


def modulestore():
    return STORE
