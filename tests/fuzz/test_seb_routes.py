"""Generated requests to every route of version 2 of Safe Exam Browser's API as every role.

Contract: contract/seb-rest#access.
"""

from typing import Any

import pytest

from tests.fuzz.checks import EXAMPLES, fuzz
from tests.fuzz.seb import SEB_ROUTES, SebAddress, add_rows, named_routes, seb_requests_to
from tests.fuzz.world import ROLES, MoodyProvider, World

ADDRESSES = list(named_routes())


@pytest.fixture
def seb_world(world: World, settings: Any) -> World:
    """The world with rows of Safe Exam Browser, mounted as in the LMS."""
    settings.ROOT_URLCONF = "tests.fuzz.seb_urls"
    settings.SEB_USER_BANNING_ENABLED = True
    add_rows(world)
    return world


def test_every_route_has_a_strategy() -> None:
    assert {address.name for address in ADDRESSES} == set(SEB_ROUTES)


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_strange_requests_of_every_role_are_answered_and_refusals_write_nothing(
    seb_world: World, provider: MoodyProvider, address: SebAddress, record_property: Any
) -> None:
    sent = fuzz(seb_world, address, ROLES, provider, strategy=seb_requests_to(seb_world, address))
    record_property("fuzz_requests", sent)
    assert sent >= EXAMPLES * len(ROLES)
