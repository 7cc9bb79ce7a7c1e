"""What the endpoints and pages work with: one set per running provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, current_app

from .callbacks import Callbacks
from .control import Control
from .desktop import Desktop
from .rpnow.signature import Account
from .store import Store
from .tokens import Tokens

KEY = "mock_provider"


@dataclass(frozen=True)
class Components:
    """``lms_host``: the LMS this provider was started for. ``quirks``: answer unknown exams like mockprock."""

    store: Store
    control: Control
    tokens: Tokens
    callbacks: Callbacks
    desktop: Desktop
    rpnow_accounts: Mapping[str, Account]
    lms_host: str
    quirks: bool

    def attach(self, app: Flask) -> None:
        """Make these the components of an application."""
        app.extensions[KEY] = self


def components() -> Components:
    """The components of the provider that answers this request."""
    found = current_app.extensions[KEY]
    assert isinstance(found, Components)
    return found
