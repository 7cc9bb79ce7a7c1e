"""The surroundings of a measurement: a database of its own, providers that agree at once, services in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_settings")


def set_up_django(name: str) -> None:
    """Load the app. ``name``: part of the name of the database, so that two workers do not share one."""
    os.environ["EDX_PROCTORING_DB_NAME"] = f"{os.environ.get('EDX_PROCTORING_DB_NAME', 'bench')}_{name}"
    import django
    from django.conf import settings

    django.setup()
    settings.DEBUG = False
    # As on a platform: what one request looked up is not remembered for the next.
    settings.MIDDLEWARE = ("edx_django_utils.cache.middleware.RequestCacheMiddleware", *settings.MIDDLEWARE)
    # The app at the root as in the tests, and the bare view that the learner's calls are compared with.
    settings.ROOT_URLCONF = "bench.reference"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


@contextmanager
def database() -> Iterator[str]:
    """A fresh database with all migrations; its vendor. Gone afterwards."""
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield connection.vendor
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def install_services() -> None:
    """Providers, services and a tracker that cost next to nothing, so that what is measured is the app."""
    import logging

    from eventtracking import tracker
    from eventtracking.tracker import Tracker

    from bench.enrollments import EnrollmentsService
    from edx_proctoring import runtime
    from edx_proctoring.tests import setup_test_backends, setup_test_perms
    from edx_proctoring.tests.test_services import (
        MockCertificateService,
        MockCreditService,
        MockGradesService,
        MockInstructorService,
    )

    setup_test_backends()
    setup_test_perms()
    # Events are part of the path; where they go is the host's matter.
    tracker.register_tracker(Tracker())
    for service, stand_in in {
        "credit": MockCreditService(),
        "grades": MockGradesService(),
        "certificates": MockCertificateService(),
        "instructor": MockInstructorService(),
        "enrollments": EnrollmentsService(),
    }.items():
        runtime.set_runtime_service(service, stand_in)
    # To format log lines that nobody reads is no work of the app's.
    logging.disable(logging.ERROR)
