"""Whatever is sent to an address, by whomever: an answer below 500, and nothing half done. Spec: rest-api.md 9, 10."""

from typing import Any

import pytest

from tests.fuzz.checks import EXAMPLES, fuzz
from tests.fuzz.routes import ROUTES, Address, named_routes
from tests.fuzz.world import ROLES, MoodyProvider, World

ADDRESSES = list(named_routes())


def test_each_address_of_the_api_has_a_strategy() -> None:
    assert {address.name for address in ADDRESSES} == set(ROUTES)


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_strange_requests_of_every_role_are_answered_and_refusals_write_nothing(
    world: World, provider: MoodyProvider, address: Address, record_property: Any
) -> None:
    sent = fuzz(world, address, ROLES, provider)
    record_property("fuzz_requests", sent)
    assert sent >= EXAMPLES * len(ROLES)
