"""What programs call: the LMS, the browser worker, test scripts."""

from __future__ import annotations

from . import access_token, constructor_api, control, desktop, onboarding, rest_api, rpnow_registration

BLUEPRINTS = (
    access_token.blueprint,
    constructor_api.blueprint,
    control.blueprint,
    desktop.blueprint,
    onboarding.blueprint,
    rest_api.blueprint,
    rpnow_registration.blueprint,
)
