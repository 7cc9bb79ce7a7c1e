"""The fuzzed platform, ready to be called."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import responses
import rules

from tests.fuzz.world import MoodyProvider, World, build_world, install_services, let_the_retirement_worker_retire


@pytest.fixture
def provider(backends_registry: dict[str, Any]) -> MoodyProvider:
    """The provider ``test``, which can be in trouble."""
    backends_registry["test"] = MoodyProvider()
    return backends_registry["test"]


@pytest.fixture
def world(db: None, provider: MoodyProvider) -> Iterator[World]:
    """The rows and services. No request leaves the process: RPNow does not answer."""
    let_the_retirement_worker_retire()
    world = build_world()
    install_services(world)
    # Fifty refusals per test: to keep their log lines takes longer than to send the requests.
    logging.disable()
    with responses.RequestsMock(assert_all_requests_are_fired=False):
        yield world
    logging.disable(logging.NOTSET)
    # As the shipped test support has it, which other tests rely on.
    rules.set_perm("accounts.can_retire_user", rules.is_staff)
