"""Effects that leave the process: a real Celery worker over a real broker."""
