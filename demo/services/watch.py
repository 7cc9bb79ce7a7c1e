"""Wraps a service so that its calls are logged and can be made to fail."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F

from demo.services import journal
from edx_proctoring.runtime import set_runtime_service

_registered: dict[str, Any] = {}
_absent: set[str] = set()


class InjectedFault(Exception):
    """What a service raises when a test asked it to."""


class WatchedService:
    """Stands in front of a service object: same methods, plus log and faults."""

    def __init__(self, name: str, service: Any) -> None:
        self._name = name
        self._service = service

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._service, method)
        return self._watched(method, target) if callable(target) else target

    def _watched(self, method: str, target: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            # Binding first makes a wrong call fail exactly as on the platform, with TypeError.
            arguments = inspect.signature(target).bind(*args, **kwargs).arguments
            began = time.monotonic()
            outcome = "ok"
            try:
                fault = _take_fault(self._name, method)
                if fault == "returns_none":
                    outcome = "fault: None"
                    return None
                return target(*args, **kwargs)
            except Exception as error:
                outcome = f"{type(error).__name__}: {error}"
                raise
            finally:
                took = (time.monotonic() - began) * 1000
                journal.write(self._name, method, arguments, outcome=outcome, milliseconds=took)

        return call


def register(name: str, service: Any) -> None:
    """Offer a service to the package, when special exams are on (host-platform.md 4.2)."""
    if not settings.ENABLE_SPECIAL_EXAMS:
        return
    _registered[name] = WatchedService(name, service)
    set_runtime_service(name, _registered[name])


def apply_absences() -> None:
    """Bring the registry in step with the faults of kind ``none``."""
    from demo.host.models import ServiceFault  # imported by app configs before models are ready

    wanted = set(ServiceFault.objects.filter(kind=ServiceFault.NONE).values_list("service", flat=True))
    _make_absent(wanted)


def put_all_back() -> None:
    """Offer every service again, whatever the faults say."""
    _make_absent(set())


def _make_absent(wanted: set[str]) -> None:
    for name in (wanted ^ _absent) & set(_registered):
        set_runtime_service(name, None if name in wanted else _registered[name])
    _absent.clear()
    _absent.update(wanted)


def _take_fault(service: str, method: str) -> str | None:
    """Use up one matching fault; sleeps or raises as it says. Returns its kind, or None."""
    from demo.host.models import ServiceFault  # see above

    try:
        fault = (
            ServiceFault.objects.filter(service=service, method__in=[method, ""])
            .exclude(kind=ServiceFault.NONE)
            .exclude(remaining=0)
            .first()
        )
        if fault is None:
            return None
        if fault.remaining is not None:
            ServiceFault.objects.filter(pk=fault.pk).update(remaining=F("remaining") - 1)
    except DatabaseError:  # before the first migration, or in an aborted transaction: no faults then
        return None
    if fault.kind == ServiceFault.SLOW:
        time.sleep(fault.seconds)
    if fault.kind == ServiceFault.RAISE:
        raise InjectedFault(f"{service}.{method} fails because a test asked for it")
    return str(fault.kind)
