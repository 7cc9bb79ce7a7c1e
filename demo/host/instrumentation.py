"""Wraps each service so that its calls are logged and can be made to fail (``ServiceFault``).

The provider's callbacks can be made to fail as well, as a service named ``callbacks``.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F

from demo.host import call_log
from demo.host.models import ServiceFault
from edx_proctoring.runtime import set_runtime_service

_registered: dict[str, Any] = {}
_absent: set[str] = set()


class InjectedFault(Exception):
    """Raised by a service because a test asked for it."""


class InstrumentedService:
    """A service object's methods, plus logging and faults."""

    def __init__(self, name: str, service: Any) -> None:
        self._name = name
        self._service = service

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._service, method)
        return self._wrap(method, target) if callable(target) else target

    def _wrap(self, method: str, target: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            # A call with wrong arguments fails here with TypeError, as it does on the platform.
            arguments = inspect.signature(target).bind(*args, **kwargs).arguments
            began = time.monotonic()
            outcome = "ok"
            try:
                if inject_fault(self._name, method) == ServiceFault.RETURNS_NONE:
                    outcome = "fault: None"
                    return None
                return target(*args, **kwargs)
            except Exception as error:
                outcome = f"{type(error).__name__}: {error}"
                raise
            finally:
                took = (time.monotonic() - began) * 1000
                call_log.write(self._name, method, arguments, outcome=outcome, milliseconds=took)

        return call


def register(name: str, service: Any) -> None:
    """Offer a service to the package, when special exams are on."""
    if not settings.ENABLE_SPECIAL_EXAMS:
        return
    _registered[name] = InstrumentedService(name, service)
    set_runtime_service(name, _registered[name])


def apply_absences() -> None:
    """Unregister the services that a fault of kind ``none`` names, and register the others again."""
    _make_absent(set(ServiceFault.objects.filter(kind=ServiceFault.NONE).values_list("service", flat=True)))


def register_all_again() -> None:
    """Register every service again, whatever the faults say."""
    _make_absent(set())


def _make_absent(absent: set[str]) -> None:
    for name in (absent ^ _absent) & set(_registered):
        set_runtime_service(name, None if name in absent else _registered[name])
    _absent.clear()
    _absent.update(absent)


def inject_fault(service: str, method: str) -> str | None:
    """Use up one matching fault; sleeps or raises ``InjectedFault`` accordingly. Returns its kind, or None."""
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
    except DatabaseError:  # before the first migration, or in an aborted transaction
        return None
    if fault.kind == ServiceFault.SLOW:
        time.sleep(fault.seconds)
    if fault.kind == ServiceFault.RAISE:
        raise InjectedFault(f"{service}.{method} fails because a test asked for it")
    return str(fault.kind)
