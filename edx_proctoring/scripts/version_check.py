"""Check that the npm package and the Python package have the same version.

Usage, in the folder of ``package.json``: ``python -m edx_proctoring.scripts.version_check``.
Contract: contract/commands#version-check.
"""

import json
import sys
from pathlib import Path

from edx_proctoring import __version__


def run() -> int:
    """Compare the versions and return the exit status."""
    npm_version = json.loads(Path("package.json").read_text(encoding="utf-8"))["version"]
    if npm_version != __version__:
        sys.stdout.write(
            f"package.json says {npm_version}, edx_proctoring.__version__ says {__version__}: make them equal.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
