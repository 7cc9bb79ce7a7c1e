"""How Django and the host load this app.

Contract: contract/host-integration#plugin, contract/provider-configuration#start-up.

The host imports this module to learn our plugin configuration before Django is set up: nothing
here may touch models or settings when it is imported.
"""

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.apps import AppConfig

from edx_proctoring import conf
from edx_proctoring.backends import registry
from edx_proctoring.backends.browser_workers import make_worker_config

__all__ = ["BACKEND_CONFIGURATION_ALLOW_LIST", "EdxProctoringConfig", "make_worker_config"]

# Options of a ``PROCTORING_BACKENDS`` entry that are passed to the provider's constructor. A class may declare more in
# ``configuration_keys``. All other options of the entry are for the host (contract/provider-configuration#options).
BACKEND_CONFIGURATION_ALLOW_LIST: list[str] = [
    "base_url",
    "client_id",
    "client_secret",
    "crypto_key",
    "default_rules",
    "exam_register_endpoint",
    "exam_sponsor",
    "has_dashboard",
    "help_center_article_url",
    "integration_specific_email",
    "learner_notification_from_email",
    "needs_oauth",
    "organization",
    "passing_statuses",
    "ping_interval",
    "secret_key",
    "secret_key_id",
    "send_email",
    "software_download_url",
    "supports_onboarding",
    "tech_support_email",
    "tech_support_phone",
    "timeout",
    "token_expiration_time",
    "verbose_name",
    "video_review_aes_key",
    # New in 7.0.
    "breaker",
    "callback_allowed_networks",
    "callback_secrets",
    "honours_idempotency_key",
    "inline_retries",
    "registrations_at_once",
    "page_timeout",
    "password_cipher",
]

_SETTINGS_CONFIG = {
    "common": {"relative_path": "settings.common"},
    "production": {"relative_path": "settings.production"},
}


class EdxProctoringConfig(AppConfig):
    """This app, and the registry of its providers.

    ``backends``: configured name → provider. Hosts and tests assign and change it at any time. ``broken_backends``:
    configured name → why the provider could not be built. ``dropped_backend_keys``: configured name → options that were
    not passed to its provider.
    """

    name = "edx_proctoring"
    # The key type of our tables since the first release.
    default_auto_field = "django.db.models.AutoField"

    # Plain strings instead of the plugin library's constants, for hosts without the library.
    plugin_app = {
        "url_config": {
            "lms.djangoapp": {"namespace": "edx_proctoring", "regex": "^api/", "relative_path": "urls"},
            "cms.djangoapp": {
                "namespace": "edx_proctoring",
                "regex": "^api/",
                "relative_path": "instructor_dashboard_exam_urls",
            },
        },
        "settings_config": {"lms.djangoapp": _SETTINGS_CONFIG, "cms.djangoapp": _SETTINGS_CONFIG},
    }

    backends: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Apps that the host lists before this one may read them before ``ready()`` runs.
        self.backends = {}
        self.broken_backends: dict[str, Exception] = {}
        self.dropped_backend_keys: dict[str, list[str]] = {}

    def ready(self) -> None:
        """Connect receivers and checks, build the providers, write the configuration of browser workers."""
        # These import models, which are not loaded earlier.
        for module in ("signals", "handlers", "checks"):
            import_module(f"edx_proctoring.{module}")
        loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
        self.backends = loaded.backends
        self.broken_backends = loaded.broken
        self.dropped_backend_keys = loaded.dropped_keys
        if root := conf.proctoring.env_root:
            make_worker_config(list(self.backends.values()), out=os.path.join(root, "workers.json"))

    def get_backend_choices(self) -> Iterator[tuple[str, Any]]:
        """Yield configured name and display name of each provider, for choice fields."""
        for name, provider in self.backends.items():
            yield name, getattr(provider, "verbose_name", "Unknown")

    def get_backend(self, name: str | None = None) -> Any:
        """Return the provider configured under ``name``; the default one for None.

        Raises ``ImproperlyConfigured`` without a default, ``NotImplementedError`` for a name without a usable
        provider.
        """
        return registry.find(name, self.backends, self.broken_backends)
