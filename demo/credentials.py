"""OAuth2 credentials that the demo's processes share. Not secret: everything here is invented."""

from __future__ import annotations

from typing import Any, NamedTuple


class OAuthClient(NamedTuple):
    """One client of the host's token endpoint."""

    client_id: str
    client_secret: str


# The mock provider calls the host with these.
PROVIDER_CLIENT = OAuthClient("mock-provider-client", "mock-provider-client-secret")
# Signs the reviews of the mock provider when it plays RPNow.
RPNOW_CALLBACK_SECRET = "rpnow-callback-secret"
# Constructor Proctor: the name of the backend, and of its integration at the vendor.
CONSTRUCTOR = "constructor"
RETIREMENT_CLIENT = OAuthClient("retirement-client", "retirement-client-secret")

# The course that opens only in Safe Exam Browser, and the Config Key of its (imagined) configuration file.
SEB_COURSE_ID = "course-v1:Demo+SEB+2026"
# One exam of this course opens only there; its file is made by the host.
SEB_EXAM_COURSE_ID = "course-v1:Demo+SEBEXAM+2026"
SEB_CONFIG_KEY = "5eb0" * 16


def constructor_options(vendor_url: str, integration: str = CONSTRUCTOR, **more: Any) -> dict[str, Any]:
    """The options of an account with Constructor Proctor, as the mock provider knows it under this name."""
    return {
        "proctor_url": vendor_url,
        "integration_name": integration,
        "jwt_secret": f"{integration}-secret-for-development-only",
        # Works in every browser, whatever it does with cookies of other sites.
        "entry_login": True,
        **more,
    }
