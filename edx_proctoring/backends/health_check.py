"""Checks that configured providers can be reached and answer. Contract: contract/provider-configuration#check-command.

Each provider is asked for its configuration, which changes nothing there. All checks run at the same
time, and none takes longer than the limit, even if a plug-in never returns.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.db import connections
from django.utils import timezone

from edx_proctoring.backends import call_options, redaction
from edx_proctoring.backends.legacy_adapter import LegacyProviderAdapter
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider

# The link to a provider's dashboard is valid for a minute, so a larger difference breaks it.
LARGEST_SKEW_SECONDS: Final = 60

# What a problem is about.
CONFIGURED: Final = "configured"
REACHABLE: Final = "reachable"
CREDENTIALS: Final = "credentials"
CLOCK: Final = "clock"


@dataclass(slots=True)
class Findings:
    """The result for one backend. ``facts``: pairs of label and text. ``problems``: what has to be repaired.

    ``aspect``: what the problem is about, one of the constants above; ``called``: whether the provider answered.
    """

    name: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    aspect: str = REACHABLE
    called: bool = False


def examine(
    backends: Mapping[str, Any], broken: Mapping[str, Exception], names: Collection[str], *, timeout: float
) -> list[Findings]:
    """Check the named backends at the same time; return the results in the order of the names.

    ``timeout``: seconds for each of them. Sends only requests for a token and for the provider's
    configuration.
    """
    return begin(backends, broken, names, timeout=timeout)()


def begin(
    backends: Mapping[str, Any], broken: Mapping[str, Exception], names: Collection[str], *, timeout: float
) -> Callable[[], list[Findings]]:
    """Begin to check the named backends, and return a function that waits for the results; as ``examine``.

    The limit counts from now: what the caller does before it asks for the results costs no time more.
    """
    deadline = time.monotonic() + timeout
    examinations = [_Examination(name, backends.get(name), broken.get(name), timeout) for name in names]
    for examination in examinations:
        examination.start()
    return lambda: [examination.findings_until(deadline) for examination in examinations]


class _Examination(threading.Thread):
    """The check of one backend, in its own thread: a plug-in that never returns blocks only that."""

    def __init__(self, name: str, provider: Any, cause: Exception | None, timeout: float) -> None:
        super().__init__(name=f"examine-{name}", daemon=True)
        self._findings = Findings(name)
        self._provider = provider
        self._timeout = timeout
        if provider is None:
            why = "it is not configured" if cause is None else redaction.describe(cause, name)
            self._findings.problems.append(f"There is no provider: {why}")
            self._findings.aspect = CONFIGURED
        else:
            self._findings.facts.append(("class", _path_of(provider)))

    def run(self) -> None:
        if self._provider is None:
            return
        try:
            for label, text in _facts_about(self._provider, self._timeout):
                self._findings.facts.append((label, text))
        except _Problem as problem:
            self._findings.aspect = problem.aspect
            self._findings.problems.append(str(problem))
        except Exception as exc:  # plug-ins raise what they like
            self._findings.problems.append(redaction.describe(exc, self._findings.name))
        finally:
            # Connections belong to the thread, and a plug-in may have opened one.
            connections.close_all()

    def findings_until(self, deadline: float) -> Findings:
        self.join(max(deadline - time.monotonic(), 0))
        findings = self._findings
        called = any(label in ("answer", "calls itself") for label, _ in findings.facts)
        found = Findings(findings.name, list(findings.facts), list(findings.problems), findings.aspect, called)
        if self.is_alive():
            found.aspect = REACHABLE
            found.problems.append(f"No answer within {self._timeout:g} seconds.")
        return found


class _Problem(Exception):
    """A problem, in words for an operator. ``aspect``: what it is about."""

    def __init__(self, text: str, aspect: str = REACHABLE) -> None:
        super().__init__(text)
        self.aspect = aspect


def _facts_about(provider: Any, timeout: float) -> Iterator[tuple[str, str]]:
    plain = provider.wrapped if isinstance(provider, LegacyProviderAdapter) else provider
    if isinstance(plain, SoftwareSecureBackendProvider):
        _require_encryption(plain)
        yield "passwords", "can be encrypted"
        yield "called", "no: this vendor has no call that does not register an attempt"
        return
    if _describes_itself_over_rest(plain):
        yield from _facts_over_rest(plain, timeout)
        return
    config = provider.get_proctoring_config()
    if config is None:
        yield "called", "yes; it returned no configuration"
        return
    yield from _facts_in(config)


def _require_encryption(provider: SoftwareSecureBackendProvider) -> None:
    try:
        provider.check_encryption()
    except Exception as exc:
        # Without the library's message, which may quote the key.
        text = f"Exam passwords cannot be encrypted ({type(exc).__name__}): correct 'crypto_key'."
        raise _Problem(text, CREDENTIALS) from exc


def _describes_itself_over_rest(provider: Any) -> bool:
    """Return whether the configuration comes from our own request, whose response can be examined."""
    return (
        isinstance(provider, BaseRestProctoringProvider)
        and type(provider).get_proctoring_config is BaseRestProctoringProvider.get_proctoring_config
    )


def _facts_over_rest(provider: BaseRestProctoringProvider, timeout: float) -> Iterator[tuple[str, str]]:
    yield "address", _without_credentials(provider.base_url)
    started = time.monotonic()
    try:
        with call_options.use(is_sent_anyway=True):
            response = provider.ask_for_config(timeout)
    except requests.HTTPError as exc:
        status = None if exc.response is None else exc.response.status_code
        raise _Problem(
            f"The provider gives no token (HTTP {status}): correct 'client_id' and 'client_secret', or ask its makers.",
            CREDENTIALS,
        ) from exc
    except requests.Timeout as exc:
        raise _Problem(f"The provider does not answer in time ({type(exc).__name__}).") from exc
    except requests.exceptions.SSLError as exc:
        raise _Problem("The provider's TLS certificate is not accepted by this host.") from exc
    except requests.ConnectionError as exc:
        raise _Problem("The provider cannot be reached: correct 'base_url', or let this host connect to it.") from exc
    except requests.RequestException as exc:
        raise _Problem(f"The provider's reply cannot be used ({type(exc).__name__}).") from exc
    yield "answer", f"HTTP {response.status_code} after {time.monotonic() - started:.1f} s"
    skew = _skew_of(response, timezone.now())
    if skew is not None:
        yield "clock", _in_words(skew)
    if not response.ok:
        aspect = CREDENTIALS if response.status_code in (401, 403) else REACHABLE
        raise _Problem(f"The provider refuses to describe itself (HTTP {response.status_code}).", aspect)
    try:
        config = response.json()
    except ValueError as exc:
        raise _Problem("The provider's description of itself is not JSON.") from exc
    yield from _facts_in(config)
    if skew is not None and abs(skew) > LARGEST_SKEW_SECONDS:
        raise _Problem(
            "The two clocks are too far apart: links to the provider's dashboard and signed callbacks will be refused.",
            CLOCK,
        )


def _facts_in(config: Any) -> Iterator[tuple[str, str]]:
    """Yield the parts of a configuration that learners may see anyway."""
    if not isinstance(config, Mapping):
        raise _Problem("The provider's description of itself is no object.")
    yield "calls itself", str(config.get("name") or "-")
    yield "download", str(config.get("download_url") or "-")
    rules, instructions = config.get("rules"), config.get("instructions")
    yield "rules", ", ".join(sorted(map(str, rules))) if isinstance(rules, Mapping) and rules else "none"
    yield "instructions", str(len(instructions)) if isinstance(instructions, (list, tuple)) else "none"


def _skew_of(response: requests.Response, now: datetime) -> float | None:
    """Return by how many seconds the provider's clock is ahead of ours; None without a usable date."""
    try:
        moment = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    if timezone.is_naive(moment):
        return None
    return (moment - now).total_seconds()


def _in_words(skew: float) -> str:
    seconds = round(abs(skew))
    if seconds <= 1:
        return "as ours"
    return f"{seconds} s {'ahead of' if skew > 0 else 'behind'} ours"


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _path_of(provider: Any) -> str:
    kind = type(provider.wrapped if isinstance(provider, LegacyProviderAdapter) else provider)
    return f"{kind.__module__}.{kind.__qualname__}"
