"""``prepare``: migrate the database, seed it, and build the worker scripts, so that the host can start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import webpack_loader
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from demo import worker_bundles
from demo.host import seed


class Command(BaseCommand):
    """Bring everything up to date. Running it again changes nothing."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, seed, bundle."""
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(seed.seed())
        names = worker_bundles.bundle(
            Path(settings.ENV_ROOT) / "workers.json",
            Path(settings.REPOSITORY) / "edx_proctoring" / "static" / "index.js",
            Path(settings.BUNDLES_DIR) / "bundles",
            Path(settings.WEBPACK_LOADER["WORKERS"]["STATS_FILE"]),
            loader_major=int(webpack_loader.__version__.split(".")[0]),
            # A worker learns the provider's address from the build, as on the platform.
            extra_config={"MOCK_PROVIDER_URL": settings.PROVIDER_URL},
        )
        self.stdout.write(f"worker scripts: {', '.join(names) or 'none'}")
