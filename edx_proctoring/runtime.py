"""Registry of the host's services. Contract: contract/host-services#registry.

The host registers each service once, at start. Tests replace services at any time, so code gets a service at each use
and does not keep it. ``host`` describes the services.
"""

from typing import Any

# Process-wide. Hosts access it by this name.
_RUNTIME_SERVICES: dict[str, Any] = {}


def set_runtime_service(name: str, callback: Any) -> None:
    """Register ``callback`` as the service ``name``, replacing an earlier one; None removes it."""
    _RUNTIME_SERVICES[name] = callback


def get_runtime_service(name: str) -> Any:
    """Return the service ``name``, or None if the host does not provide it."""
    return _RUNTIME_SERVICES.get(name)
