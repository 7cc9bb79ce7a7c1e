"""Sphinx configuration. Build with ``make docs``; a warning is an error."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_settings")

import django  # noqa: E402 - after the path and the settings

django.setup()

import edx_proctoring  # noqa: E402

project = "edx-proctoring"
author = "edX and contributors"
release = edx_proctoring.__version__

extensions = ["sphinx.ext.autodoc", "attempt_states", "contract_pages", "learner_actions", "openapi_pages"]
html_theme = "furo"
html_title = f"edx-proctoring {release}"
exclude_patterns = ["_build"]
templates_path = ["_templates"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Docstrings name types in prose; references that cannot be resolved are not links.
nitpicky = False
