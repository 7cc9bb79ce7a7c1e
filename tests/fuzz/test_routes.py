"""Generated requests to every route as every role: no unhandled error, no partial writes.

Contract: contract/rest-rules#permission-table.
"""

from typing import Any

import pytest

from tests.fuzz.checks import EXAMPLES, fuzz
from tests.fuzz.routes import ROUTES, Address, named_routes
from tests.fuzz.world import ROLES, MoodyProvider, World

ADDRESSES = list(named_routes())


def test_every_named_route_has_a_strategy() -> None:
    assert {address.name for address in ADDRESSES} == set(ROUTES)


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_strange_requests_of_every_role_are_answered_and_refusals_write_nothing(
    world: World, provider: MoodyProvider, address: Address, record_property: Any
) -> None:
    sent = fuzz(world, address, ROLES, provider)
    record_property("fuzz_requests", sent)
    assert sent >= EXAMPLES * len(ROLES)
