"""A Celery worker of a spike: ``python -P -m bench.spike.worker THREADS``."""

import sys

import celery
import django


def main() -> None:
    """Work until terminated. The app is the one that the host of the run connects when Django starts."""
    django.setup()
    options = ["-P", "threads", "-c", sys.argv[1], "-l", "WARNING", "--without-gossip", "--without-mingle"]
    celery.current_app.worker_main(["worker", *options])


if __name__ == "__main__":
    main()
