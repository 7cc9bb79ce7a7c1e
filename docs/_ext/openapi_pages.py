"""The OpenAPI documents as pages: ``reference/openapi.html`` and ``reference/openapi-seb.html``.

Redoc draws them in the browser. Document and script are part of the pages, so that they can be read without a server.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

REDOC = Path(str(files("drf_spectacular_sidecar"))) / "static/drf_spectacular_sidecar/redoc/bundles"
NAMES = ("openapi", "openapi-seb")


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield name, context and template of each page."""
    for name in NAMES:
        text = (Path(app.srcdir) / "reference" / f"{name}.json").read_text("utf-8")
        # As it stands in a script element: no tag may end it.
        context = {"name": name, "title": json.loads(text)["info"]["title"], "openapi": text.replace("<", "\\u003c")}
        yield f"reference/{name}", context, "openapi.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the pages and add Redoc and the documents to the static files."""
    documents = [str(Path(app.srcdir) / "reference" / f"{name}.json") for name in NAMES]
    app.config.html_static_path += [str(REDOC), *documents]
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
