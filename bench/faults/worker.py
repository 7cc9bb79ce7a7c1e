"""A Celery worker of the product: ``python -m bench.faults.worker``."""

import os

import celery
import django


def main() -> None:
    """Work until killed. The app is the one that the host of the run connects when Django starts."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.faults.settings")
    django.setup()
    celery.current_app.worker_main(["worker", "-P", "solo", "-l", "WARNING", "--without-gossip", "--without-mingle"])


if __name__ == "__main__":
    main()
