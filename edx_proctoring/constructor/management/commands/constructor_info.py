"""``constructor_info <backend>``: what the vendor must be told, and a self-test.

Contract: contract/constructor#command.
"""

import uuid
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.backends.constructor import tokens
from edx_proctoring.backends.constructor.provider import URL_NAMESPACE
from edx_proctoring.constructor import sessions


class Command(BaseCommand):
    """Print the addresses for the vendor, the trusted origins and the result of a self-test."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The backend, and whether to call the vendor."""
        parser.add_argument("backend", help="name of the backend in PROCTORING_BACKENDS")
        parser.add_argument("--ping", action="store_true", help="ask the vendor for a session that does not exist")

    def handle(self, *args: Any, backend: str, ping: bool, **options: Any) -> None:
        """Print; an error for another backend or for options that cannot work."""
        provider = sessions.provider_named(backend)
        if provider is None:
            raise CommandError(f"{backend!r} is not a backend of Constructor Proctor that is configured.")
        for problem in provider.options.problems:
            self.stdout.write(f"problem: {problem}")
        if not provider.options.is_usable:
            raise CommandError(f"Correct PROCTORING_BACKENDS[{backend!r}]['constructor'] first.")
        for kind in ("review", "schedule", "warning", "agreement"):
            path = reverse(f"{URL_NAMESPACE}:webhook", args=[backend, kind])
            name = "agreement_acceptance_url" if kind == "agreement" else f"{kind}_url"
            self.stdout.write(f"{name}: {conf.proctoring.lms_host}{path}")
        self.stdout.write(f"trusted origins: {', '.join(provider.options.trusted_origins)}")
        now = timezone.now()
        secrets = provider.options.jwt_secrets
        token = tokens.sign({"exp": int(now.timestamp()) + provider.options.api_token_ttl}, secrets[0])
        tokens.verify(f"{tokens.SCHEME}{token}", secrets, now=now)
        self.stdout.write("self-test: a token was signed and verified")
        if ping:
            try:
                answer = provider.vendor_status(uuid.uuid4().hex)
            except requests.RequestException as error:
                raise CommandError(f"The vendor does not answer as it should: {type(error).__name__}") from error
            if answer is not None:
                raise CommandError("The vendor knows a session that does not exist.")
            self.stdout.write("ping: the vendor answers")
