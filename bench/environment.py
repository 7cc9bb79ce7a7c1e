"""What a measured process needs around the app: a database, stub providers, services in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_settings")


def set_up_django(name: str) -> None:
    """Load the app. ``name``: part of the database's name, so that two workers do not share one."""
    os.environ["EDX_PROCTORING_DB_NAME"] = f"{os.environ.get('EDX_PROCTORING_DB_NAME', 'bench')}_{name}"
    import django
    from django.conf import settings

    django.setup()
    settings.DEBUG = False
    # As on the platform, caches of one request end with it.
    settings.MIDDLEWARE = ("edx_django_utils.cache.middleware.RequestCacheMiddleware", *settings.MIDDLEWARE)
    # The app at the root as in the tests, and the bare view that learners' calls are compared with.
    settings.ROOT_URLCONF = "bench.reference"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


@contextmanager
def database() -> Iterator[str]:
    """Create a migrated database, yield its vendor, drop it afterwards."""
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield connection.vendor
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def install_services() -> None:
    """Register stub providers, services and a tracker, so that only the app is measured."""
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
    # Building an event belongs to the app and is measured; sending it belongs to the host.
    tracker.register_tracker(Tracker())
    for service, stand_in in {
        "credit": MockCreditService(),
        "grades": MockGradesService(),
        "certificates": MockCertificateService(),
        "instructor": MockInstructorService(),
        "enrollments": EnrollmentsService(),
    }.items():
        runtime.set_runtime_service(service, stand_in)
    # The host decides what is logged.
    logging.disable(logging.ERROR)
