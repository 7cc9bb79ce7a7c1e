#!/usr/bin/env python3
"""The OpenAPI documents: ``docs/reference/openapi.json``, and ``openapi-seb.json`` of Safe Exam Browser.

``python tools/openapi.py`` writes them, ``--check`` writes nothing and fails if a document is not what the views say.
Needs the packages of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
# Document -> the module that makes it, and where its paths begin.
DOCUMENTS = {
    "openapi.json": ("tools.openapi_schema", "api/edx_proctoring/v2"),  # and version 1
    "openapi-seb.json": ("tools.openapi_seb", "seb-openedx/api/v2"),
}


def document(name: str) -> dict[str, Any]:
    """Return an OpenAPI document."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_settings")
    import django

    django.setup()
    from tools.openapi_examples import add_examples

    module, prefix = DOCUMENTS[name]
    # Through JSON, because the parts of what is generated are shared.
    made: dict[str, Any] = json.loads(json.dumps(import_module(module).generate(prefix)))
    add_examples(name, made)
    return made


def main() -> int:
    """Write or compare the documents; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a document is out of date")
    is_check, status = parser.parse_args().check, 0
    for name in DOCUMENTS:
        page = REFERENCE / name
        text = json.dumps(document(name), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        if not is_check:
            page.write_text(text, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{page.relative_to(ROOT)} is out of date: run `make openapi`\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
