"""The LMS side of the mock provider: what the ``openedx.proctoring`` entry point loads.

Contract: contract/mock-provider#plug-in.
"""

from __future__ import annotations

from edx_proctoring.backends.rest import BaseRestProctoringProvider


class MockProviderBackend(BaseRestProctoringProvider):
    """Talks REST to a mock provider server; every attribute can be set again in ``PROCTORING_BACKENDS``."""

    # An LMS in a container reaches the server on the developer's machine under this name.
    base_url = "http://host.docker.internal:11136"
    verbose_name = "Mock Proctoring"
    tech_support_email = "support@mock-proctoring.example.com"
    tech_support_phone = "+1 555 0100"
    learner_notification_from_email = "notifications@mock-proctoring.example.com"
    npm_module = "@edx/mock-provider-worker"
    needs_oauth = True
    # A developer leaves a dashboard open for longer than the usual minute.
    token_expiration_time = 86400
