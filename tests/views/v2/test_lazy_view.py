"""Views of version 2 are imported when they are first called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import get_resolver, reverse

from edx_proctoring.views.v2 import urls
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lazy_view import LazyView

ROOT = Path(__file__).resolve().parents[3]
REVERSE = """
import sys, django
django.setup()
from django.urls import reverse
reverse("edx_proctoring:edx_proctoring_v2:attempt", args=[1])
print(*sorted(name for name in sys.modules if name.startswith("edx_proctoring.views.v2.")))
"""


def test_reverse_loads_no_view() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REVERSE],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "test_settings", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (
        0,
        ["edx_proctoring.views.v2.lazy_view", "edx_proctoring.views.v2.urls"],
    ), done.stderr


@pytest.mark.parametrize("route", [*urls.ROUTES, *urls.COURSE_ROUTES], ids=lambda route: route[2])
def test_each_name_is_a_view_and_has_what_django_looks_for(route: tuple[str, LazyView, str]) -> None:
    lazy = route[1]
    view = lazy.cls.as_view()
    assert issubclass(lazy.cls, StaffView)
    assert lazy.cls.__module__.startswith("edx_proctoring.views.v2.")
    # REST framework sets the second since 3.15.2, for the middleware of Django 5.1.
    assert lazy.csrf_exempt == view.csrf_exempt
    assert lazy.login_required == getattr(view, "login_required", False)
    assert lazy._non_atomic_requests == view._non_atomic_requests  # type: ignore[attr-defined]


def test_the_address_resolves_to_the_view_by_name() -> None:
    found = get_resolver().resolve(reverse("edx_proctoring:edx_proctoring_v2:attempt", args=[1])).func
    assert isinstance(found, LazyView)
    assert repr(found) == "attempts.Attempt"
    assert found.cls.__name__ == "Attempt"
