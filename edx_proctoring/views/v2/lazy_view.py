"""Views that are imported when they are first called.

The first ``reverse()`` of a process loads all URLs, and with them all views: also in Celery workers and commands, which
answer no requests. What only version 2 needs is two megabytes of code (docs/performance.rst).
"""

from functools import cached_property
from importlib import import_module
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

__all__ = ["LazyView"]


class LazyView:
    """``LazyView("exams", "Exam")`` answers as ``exams.Exam.as_view()``.

    What Django asks of a view before it calls it is here, as ``NonAtomicView.as_view()`` would set it.
    """

    csrf_exempt = True
    login_required = False

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name
        transaction.non_atomic_requests(self)

    def __repr__(self) -> str:
        return f"{self._module}.{self._name}"

    def __call__(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Answer the request."""
        response: HttpResponseBase = self._view(request, **kwargs)
        return response

    @property
    def cls(self) -> Any:
        """The class, as REST framework has it on each view."""
        return self._view.cls

    @cached_property
    def _view(self) -> Any:
        return getattr(import_module(f"{__package__}.{self._module}"), self._name).as_view()
