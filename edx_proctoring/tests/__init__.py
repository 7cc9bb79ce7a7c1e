"""Helpers for the test suites of hosts and provider packages (contract/test-support#modules).

This app's own tests live elsewhere. Importing this package has effects, which outside suites rely
on: providers are put into the live registry, and the permissions that a host would define are
defined.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import rules
from django.apps import apps

from edx_proctoring.backends.mock import MockProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.tests.test_backend import TestBackendProvider


def setup_test_backends() -> None:
    """Put fresh providers ``test``, ``null`` and ``mock`` into the registry."""
    config = apps.get_app_config("edx_proctoring")
    config.backends["test"] = TestBackendProvider()
    config.backends["null"] = NullBackendProvider()
    config.backends["mock"] = MockProctoringBackendProvider()


def setup_test_perms() -> None:
    """Define the permissions that belong to the host; where the host has defined them, leave them."""
    for name, predicate in (
        ("accounts.can_retire_user", rules.is_staff),
        ("edx_proctoring.can_take_proctored_exam", rules.always_true),
    ):
        with suppress(KeyError):
            rules.add_perm(name, predicate)


@contextmanager
def mock_perm(perm: str = "edx_proctoring.can_take_proctored_exam") -> Iterator[None]:
    """Deny a permission to everybody for the length of the block; afterwards everybody has it."""
    rules.set_perm(perm, rules.always_false)
    try:
        yield
    finally:
        rules.set_perm(perm, rules.always_true)


setup_test_backends()
setup_test_perms()
