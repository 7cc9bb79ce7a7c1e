"""Checks for settings that weaken security: reviews, user ids, tokens."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring import conf
from edx_proctoring.backends.mock import MockProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.checks.common import TAG, providers
from edx_proctoring.utils.signed_jwt import needs_shared_secret


@register(TAG, deploy=True)
def check_callback_simulation(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Simulation switches off the comparison of record locators, one of the two secrets of an anonymous review."""
    if settings.DEBUG or not conf.proctoring.allow_callback_simulation:
        return []
    return [
        Warning(
            "PROCTORING_SETTINGS['ALLOW_CALLBACK_SIMULATION'] is on: anyone who knows an attempt code can review "
            "the attempt.",
            hint="Remove ALLOW_CALLBACK_SIMULATION from PROCTORING_SETTINGS; it is meant for development.",
            id="edx_proctoring.W007",
        )
    ]


@register(TAG)
def check_unsigned_reviews(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The anonymous review callback takes reviews without a login, so something else should prove who sent them."""
    mode = conf.proctoring.anonymous_review_callback
    found = list(providers())
    is_open = any(isinstance(provider, SoftwareSecureBackendProvider) for _name, provider in found)
    if mode == "deny" or not is_open:
        return []
    unproved = [
        name
        for name, provider in found
        if not isinstance(provider, (NullBackendProvider, MockProctoringBackendProvider))
        and getattr(provider, "has_own_review_callback", False) is not True
        and not getattr(provider, "callback_secrets", None)
        and (mode == "signed" or not getattr(provider, "callback_allowed_networks", None))
    ]
    if not unproved:
        return []
    hint = (
        "Set 'callback_secrets' of each of them and let the provider sign its reviews, or set "
        "'callback_allowed_networks'; PROCTORING_SETTINGS['ANONYMOUS_REVIEW_CALLBACK'] = 'signed' then requires "
        "signatures everywhere, and 'deny' closes the callback."
    )
    names = ", ".join(unproved)
    if mode == "signed":
        text = f"Reviews must be signed, but these providers have no secret, so all their reviews are refused: {names}."
    else:
        text = f"Reviews for these providers are accepted without a signature, from any network: {names}."
    return [Warning(text, hint=hint, id="edx_proctoring.W028")]


@register(TAG)
def check_obfuscation_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Providers get only a keyed hash of user ids; without the key no attempt can be registered."""
    if getattr(settings, "PROCTORING_USER_OBFUSCATION_KEY", None):
        return []
    without_key = [name for name, provider in providers() if not isinstance(provider, NullBackendProvider)]
    if not without_key:
        return []
    return [
        Warning(
            f"PROCTORING_USER_OBFUSCATION_KEY is not set, but these providers need it: {', '.join(without_key)}.",
            hint="Set PROCTORING_USER_OBFUSCATION_KEY to a secret ASCII string. Providers keep what it makes of user "
            "ids, so a former key belongs into PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS.",
            id="edx_proctoring.W008",
        )
    ]


@register(TAG)
def check_jwt_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without public keys, our views take only tokens that are signed with a shared secret."""
    if not needs_shared_secret():
        return []
    return [
        Warning(
            "JWT_AUTH['JWT_PUBLIC_SIGNING_JWK_SET'] is empty: the views of edx_proctoring take only JWTs that are "
            "signed with JWT_SECRET_KEY or the SECRET_KEY of one of JWT_ISSUERS.",
            hint="Set JWT_AUTH['JWT_PUBLIC_SIGNING_JWK_SET'] to the public keys of the services that issue tokens.",
            id="edx_proctoring.W010",
        )
    ]
