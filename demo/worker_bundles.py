"""Stand-in for the platform's webpack build of provider workers.

Two steps, as there. ``install`` copies a provider's npm package into ``node_modules`` before any Django process
starts. Once ``edx_proctoring`` has written ``workers.json``, ``bundle`` turns each entry into one classic script and
writes the statistics that django-webpack-loader reads.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

_IMPORT = re.compile(
    r"""^\s*import\s+(?:(?P<default>\w+)\s*,?\s*)?(?:\{(?P<names>[^}]*)\})?\s*from\s*['"]@edx/edx-proctoring['"];?""",
    re.M,
)
_EXPORT_DEFAULT = re.compile(r"^\s*export\s+default\s+", re.M)
_EXPORT_LIST = re.compile(r"^\s*export\s*\{[^}]*\};?", re.M)
_EXPORT_DECLARATION = re.compile(r"^(\s*)export\s+(?=(?:async\s+)?(?:function|class|const|let|var)\b)", re.M)


def install(package: Path, node_modules: Path) -> str | None:
    """Copy an npm package into ``node_modules`` under its own name. Returns None for a folder without package.json."""
    manifest = package / "package.json"
    if not manifest.is_file():
        return None
    name = str(json.loads(manifest.read_text("utf-8"))["name"])
    target = node_modules / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(package, target, ignore=shutil.ignore_patterns("node_modules", "test*"))
    return name


def bundle(
    workers_json: Path,
    wrapper: Path,
    bundles: Path,
    stats: Path,
    *,
    loader_major: int,
    extra_config: dict[str, str] | None = None,
) -> list[str]:
    """Build every worker of ``workers.json``.

    Args:
        workers_json: The entry map the package wrote: name to ``['babel-polyfill', '<main>']``.
        wrapper: Source of the npm package ``@edx/edx-proctoring``, inlined into each bundle.
        bundles: Folder for ``<name>.js``, served below ``/static/bundles/``.
        stats: File for the loader's statistics, in the form of its major version.
        extra_config: What workers read as ``process.env.JS_ENV_EXTRA_CONFIG``.
        loader_major: 0 for django-webpack-loader before 1.0, else its major version.

    Returns:
        The bundle names; empty when no provider has a worker (the statistics are written in any case).
    """
    entries: dict[str, list[str]] = json.loads(workers_json.read_text("utf-8")) if workers_json.is_file() else {}
    for name, parts in entries.items():
        script = bundles / f"{name}.js"
        script.parent.mkdir(parents=True, exist_ok=True)
        source = classic_script(wrapper.read_text("utf-8"), Path(parts[-1]).read_text("utf-8"), extra_config)
        script.write_text(source, "utf-8")
    stats.write_text(json.dumps(statistics(list(entries), bundles, loader_major=loader_major), indent=2), "utf-8")
    return list(entries)


def classic_script(wrapper: str, worker: str, extra_config: dict[str, str] | None = None) -> str:
    """Both modules as one script for ``importScripts``, without exports, the import bound to a local name."""

    def bind(match: re.Match[str]) -> str:
        aliases = [match["default"]] if match["default"] else []
        for part in (match["names"] or "").split(","):
            words = part.split(" as ")
            if words[0].strip():
                aliases.append(words[-1].strip())
        return "".join(f"const {alias} = edxProctoring;\n" for alias in aliases)

    library = _EXPORT_LIST.sub("", _EXPORT_DECLARATION.sub(r"\1", _EXPORT_DEFAULT.sub("void ", wrapper)))
    handler = _EXPORT_DEFAULT.sub("void ", _EXPORT_DECLARATION.sub(r"\1", _IMPORT.sub(bind, worker)))
    # Two function scopes: the modules may use the same names inside.
    return (
        "/* Built by the demo's stand-in for webpack. */\n"
        f"const process = {json.dumps({'env': {'JS_ENV_EXTRA_CONFIG': extra_config or {}}})};\n"
        f"const edxProctoring = (function () {{\n{library}\nreturn handlerWrapper;\n}}());\n"
        f"(function () {{\n{handler}\n}}());\n"
    )


def statistics(names: list[str], bundles: Path, *, loader_major: int) -> dict[str, Any]:
    """The loader's statistics file; its form changed with version 1."""
    if loader_major < 1:
        return {
            "status": "done",
            "chunks": {name: [{"name": f"{name}.js", "path": str(bundles / f"{name}.js")}] for name in names},
        }
    return {
        "status": "done",
        "chunks": {name: [f"{name}.js"] for name in names},
        "assets": {f"{name}.js": {"name": f"{name}.js", "publicPath": ""} for name in names},
    }
