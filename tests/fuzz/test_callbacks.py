"""Generated callbacks of providers that sign in with a token."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import jwt
import pytest

from tests.fuzz.checks import EXAMPLES, Fault, fuzz
from tests.fuzz.routes import Address, requests_to
from tests.fuzz.strange import Sent
from tests.fuzz.world import MoodyProvider, World
from tests.views.test_callbacks import OTHER_KEY, jwt_settings, token_for

__all__ = ["jwt_settings"]

READY = Address("proctored_exam.attempt.ready_callback", ("external_id",))
REVIEWED = Address("proctored_exam.attempt.callback", ("external_id",))
RPNOW = Address("anonymous.proctoring_review_callback")

_TOKENS: Final[dict[str, Callable[[], str]]] = {
    "reviewer": lambda: token_for("reviewer"),
    "wrong key": lambda: token_for("reviewer", key=OTHER_KEY),
    "expired": lambda: token_for("reviewer", expires_in=-30),
    "another audience": lambda: token_for("reviewer", aud="others"),
    "unknown user": lambda: token_for("unknown"),
    "no name": lambda: token_for("reviewer", preferred_username=None),
    "odd claims": lambda: token_for("reviewer", scopes="all", filters={"a": 1}, version=[], is_restricted="no"),
    "not signed": lambda: "JWT " + jwt.encode({"preferred_username": "reviewer", "aud": "tests"}, None, "none"),
    "cut off": lambda: token_for("reviewer")[:-40],
    "not a token": lambda: "JWT \u00e9.\x00.=",
}
# The library may accept or refuse a token with odd claims.
_GOOD: Final = ("reviewer", "odd claims")


@pytest.mark.parametrize("address", [READY, REVIEWED], ids=str)
def test_strange_callbacks_are_answered_and_only_a_valid_token_changes_anything(
    world: World, provider: MoodyProvider, jwt_settings: None, address: Address, record_property: Any
) -> None:
    world.people["token"] = None
    tokens = {name: make() for name, make in _TOKENS.items()}
    names = {token: name for name, token in tokens.items()}

    def with_token(sent: Sent, name: str) -> Sent:
        return replace(sent, headers={"HTTP_AUTHORIZATION": tokens[name]})

    def refused_unless_good(sent: Sent, response: Any) -> None:
        name = names[sent.headers["HTTP_AUTHORIZATION"]]
        if name not in _GOOD and sent.method == "POST" and response.status_code < 400:
            raise Fault(f"a token of the kind {name!r} was taken: {response.status_code}\n{sent}")

    total = 0
    for name in tokens:
        strategy = requests_to(world, address).map(lambda sent, name=name: with_token(sent, name))
        total += fuzz(world, address, ["token"], provider, strategy=strategy, also=refused_unless_good)
    record_property("fuzz_requests", total)
    assert total >= EXAMPLES * len(tokens)


def test_some_generated_reviews_are_valid(world: World, provider: MoodyProvider, record_property: Any) -> None:
    """Otherwise validation would refuse every request, and nothing behind it would be tested."""
    taken: dict[Address, list[str]] = {READY: [], REVIEWED: [], RPNOW: []}
    for address, statuses in taken.items():
        fuzz(
            world,
            address,
            ["global_staff"],
            provider,
            also=lambda sent, response, statuses=statuses: statuses.append(response.status_code),
        )
    record_property("fuzz_requests", sum(map(len, taken.values())))
    for address, statuses in taken.items():
        assert statuses.count(200) >= 2, (str(address), statuses)
        assert any(400 <= status < 500 for status in statuses), str(address)
