"""OAuth2 credentials that the demo's processes share. Not secret: everything here is invented."""

from __future__ import annotations

from typing import NamedTuple


class OAuthClient(NamedTuple):
    """One client of the host's token endpoint."""

    client_id: str
    client_secret: str


# The mock provider calls the host with these.
PROVIDER_CLIENT = OAuthClient("mock-provider-client", "mock-provider-client-secret")
# Signs the reviews of the mock provider when it plays RPNow.
RPNOW_CALLBACK_SECRET = "rpnow-callback-secret"
RETIREMENT_CLIENT = OAuthClient("retirement-client", "retirement-client-secret")

# The course that opens only in Safe Exam Browser, and the Config Key of its (imagined) configuration file.
SEB_COURSE_ID = "course-v1:Demo+SEB+2026"
SEB_CONFIG_KEY = "5eb0" * 16
