"""The list of providers' browser workers for the host's JavaScript build. Contract: contract/browser-worker#build-file.

The file becomes the ``entry`` map of the host's webpack configuration. Each process of the host
writes it when it starts, several of them at the same time. So it is replaced in one step, left
alone when nothing changed, and an error with it does not keep a process from starting.
"""

import json
import os
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from edx_proctoring import conf

# Group-writable: the build and the platform may run as different users of one group.
_MODE: Final = 0o664


def make_worker_config(backends: Iterable[Any], out: str = "/tmp/workers.json") -> bool:  # noqa: S108 (contract)
    """Write the entry points of all worker packages to ``out``; return whether the file is up to date.

    ``backends``: provider objects; those with an attribute ``npm_module`` have a worker. No file is
    written without ``settings.NODE_MODULES_ROOT`` or without any worker. Errors are Python warnings.
    """
    root = conf.proctoring.node_modules_root
    if not root:
        return False
    config: dict[str, list[str]] = {}
    for backend in backends:
        package = getattr(backend, "npm_module", None)
        main = _main_script(root, package) if package else None
        if package and main:
            config[package] = ["babel-polyfill", os.path.join(root, package, main)]
    if not config:
        return False
    try:
        _write_if_changed(Path(out), json.dumps(config))
    except OSError as exc:
        warnings.warn(f"Proctoring worker config not written to {out}: {exc.strerror or exc}", stacklevel=2)
        return False
    return True


def _main_script(root: str, package: str) -> str | None:
    path = os.path.join(root, package, "package.json")
    try:
        with open(path, encoding="utf-8") as package_file:
            description = json.load(package_file)
    except OSError:
        warnings.warn(f"Proctoring worker package not found: {path}", stacklevel=3)
        return None
    except ValueError:
        warnings.warn(f"Proctoring worker package is not valid JSON: {path}", stacklevel=3)
        return None
    main = description.get("main") if isinstance(description, dict) else None
    if not isinstance(main, str) or not main:
        warnings.warn(f"Proctoring worker package names no 'main' script: {path}", stacklevel=3)
        return None
    return main


def _write_if_changed(path: Path, text: str) -> None:
    try:
        if path.read_text(encoding="utf-8") == text:
            return
    except (OSError, ValueError):
        pass  # Absent or unreadable: if that matters, writing fails.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            os.chmod(temporary, _MODE)
        except OSError as exc:
            warnings.warn(f"Mode of the proctoring worker config not set: {exc.strerror or exc}", stacklevel=4)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
