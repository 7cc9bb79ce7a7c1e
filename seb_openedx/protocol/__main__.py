"""``python -m seb_openedx.protocol``."""

from seb_openedx.protocol.cli import main

raise SystemExit(main())
