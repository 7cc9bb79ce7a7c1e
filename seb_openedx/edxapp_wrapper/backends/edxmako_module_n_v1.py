"""Mako pages of current platforms. Importing this module makes our templates known to Mako, once."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = ("common.djangoapps.edxmako", "edxmako")
TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"


def _edxmako(module: str, *packages: str) -> Any:
    """Return a module of the first of these packages that can be imported."""
    error: ImportError | None = None
    for package in packages or _PACKAGES:
        try:
            return import_module(f"{package}.{module}")
        except ImportError as failure:
            error = error or failure
    raise error or ImportError(module)


def render_to_response(
    template_name: str, dictionary: Any = None, namespace: str = "main", request: Any = None, **kwargs: Any
) -> Any:
    """Return a response. Raises ``ImportError`` where the host has no Mako."""
    return _edxmako("shortcuts").render_to_response(template_name, dictionary, namespace, request, **kwargs)


def render_to_string(
    template_name: str, dictionary: Any = None, namespace: str = "main", request: Any = None, **kwargs: Any
) -> Any:
    """Return text. Raises ``ImportError`` where the host has no Mako."""
    return _edxmako("shortcuts").render_to_string(template_name, dictionary, namespace, request, **kwargs)


def register_templates() -> None:
    """Add our templates to Mako's ``main`` look-up, unless they are there."""
    try:
        paths = _edxmako("paths")
    except ImportError:
        return
    known = getattr(paths, "LOOKUP", {}).get("main")
    if str(TEMPLATES) not in [str(folder) for folder in getattr(known, "directories", ())]:
        paths.add_lookup("main", str(TEMPLATES))


register_templates()
