"""The seed file: clients, RPNow accounts and a scenario to start with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .rpnow.signature import Account
from .scenario import Scenario
from .scenario_input import change_scenario

ACCOUNT_KEYS = {"secret_key", "crypto_key"}
CRYPTO_KEY_BYTES = (16, 24)


@dataclass(frozen=True)
class Seed:
    """``clients``: id to secret. ``rpnow_accounts``: key id to account. ``scenario``: changes of the initial one."""

    clients: Mapping[str, str] = field(default_factory=dict)
    rpnow_accounts: Mapping[str, Account] = field(default_factory=dict)
    scenario: Mapping[str, Any] = field(default_factory=dict)


def load_seed(path: str) -> Seed:
    """Read and check a seed file; raises ``OSError`` or ``ValueError``."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if not isinstance(document, dict) or not _is_text_map(document.get("clients", {})):
        raise ValueError("the seed must be a JSON object, its 'clients' an object of id and secret")
    accounts = document.get("rpnow", {})
    if not isinstance(accounts, dict) or not all(
        _is_text_map(account) and set(account) == ACCOUNT_KEYS for account in accounts.values()
    ):
        raise ValueError('the seed\'s \'rpnow\' must be an object of key id and {"secret_key", "crypto_key"}')
    if any(len(account["crypto_key"].encode()) not in CRYPTO_KEY_BYTES for account in accounts.values()):
        raise ValueError("a 'crypto_key' has 16 or 24 characters")
    scenario = document.get("scenario", {})
    if not isinstance(scenario, dict):
        raise ValueError("the seed's 'scenario' must be an object")
    change_scenario(Scenario(), scenario)
    return Seed(
        clients=document.get("clients", {}),
        rpnow_accounts={key_id: Account(**account) for key_id, account in accounts.items()},
        scenario=scenario,
    )


def _is_text_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
