"""The registry through which the host hands us its services.

Spec: python-api.md 12. The host registers each service once at start; suites exchange them at
any moment, so a service is asked for at each use and never kept. What each service can do is
written down in ``host.py``.
"""

from typing import Any

# Process-wide on purpose. Hosts of long standing look into it by this name.
_RUNTIME_SERVICES: dict[str, Any] = {}


def set_runtime_service(name: str, callback: Any) -> None:
    """Register ``callback`` as the service called ``name``; replaces a former one, None removes it."""
    _RUNTIME_SERVICES[name] = callback


def get_runtime_service(name: str) -> Any:
    """Return the service called ``name``, or None if the host supplies none."""
    return _RUNTIME_SERVICES.get(name)
