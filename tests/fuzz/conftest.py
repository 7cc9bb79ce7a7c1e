"""Fixtures: the objects and the provider of the generated requests."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import responses
import rules

from tests.fuzz.world import MoodyProvider, World, build_world, grant_retirement_permission, install_services


@pytest.fixture
def provider(backends_registry: dict[str, Any]) -> MoodyProvider:
    """The provider ``test``, which can be made to fail."""
    backends_registry["test"] = MoodyProvider()
    return backends_registry["test"]


@pytest.fixture
def world(db: None, provider: MoodyProvider) -> Iterator[World]:
    """Rows and services. Requests to RPNow fail, so that nothing leaves the process."""
    grant_retirement_permission()
    world = build_world()
    install_services(world)
    # Capturing the log lines of fifty refusals per test would take longer than sending the requests.
    logging.disable()
    with responses.RequestsMock(assert_all_requests_are_fired=False):
        yield world
    logging.disable(logging.NOTSET)
    # Restores the permission of the shipped test support, on which other tests rely.
    rules.set_perm("accounts.can_retire_user", rules.is_staff)
