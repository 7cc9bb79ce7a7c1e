"""The provider class for our REST protocol; plug-ins of other distributions subclass it.

Contract: contract/provider-wire#addresses, contract/provider-wire#endpoints. Names, signatures, the bytes on the wire
and the exceptions are contract; so is that a method sends nothing after its main request.
"""

import logging
import uuid
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.translation import get_language
from webpack_loader.exceptions import BaseWebpackLoaderException, WebpackBundleLookupError
from webpack_loader.utils import get_files

from edx_proctoring import conf
from edx_proctoring.backends import call_options, reply_errors, rest_onboarding, rest_replies
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.http_limits import guard_of, shortest
from edx_proctoring.backends.oauth_session import ProviderSession
from edx_proctoring.backends.registration_limit import RegistrationSlots
from edx_proctoring.backends.reply_cache import ReplyCache
from edx_proctoring.backends.rest_urls import RestUrls
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingProfilesException,
    digest_of,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus

log = logging.getLogger(__name__)

# The status that an exception has if there was no reply; our view answers with it, too
# (contract/rest-rules#provider-failures).
NO_REPLY: Final = 503

_CONFIGS: Final = ReplyCache("config", fresh_seconds=300, stale_seconds=24 * 60 * 60)
_ATTEMPTS: Final = ReplyCache("attempt", fresh_seconds=15)


class BaseRestProctoringProvider(RestUrls, ProctoringBackendProvider):
    """A provider reached over HTTP, with an OAuth2 token (client credentials).

    Options: ``base_url`` (no trailing slash), ``client_id``, ``client_secret``, and any attribute
    below. Time limits are seconds, or a pair (connect, read).
    """

    # How long the link to the provider's dashboard is valid, in seconds.
    token_expiration_time: Any = 60
    needs_oauth: Any = True
    has_dashboard: Any = True
    supports_onboarding: Any = True
    requires_ready: Any = True
    takes_new_limits: Any = True
    has_own_review_callback: Any = True
    passing_statuses: Any = (SoftwareSecureReviewStatus.clean,)
    timeout: Any = 30
    # For calls that a page waits for and that can be repeated; never more than ``timeout``.
    page_timeout: Any = 5
    # While the provider does not answer: ``page``, only pages do not ask it; ``all``, no call does; ``off``.
    breaker: Any = "page"
    # How often a request that was not sent, or that the provider asks to repeat, is repeated at once: 0 to 2.
    inline_retries: Any = 2
    # How many registrations may wait for the provider at the same moment, in each process; None: no limit.
    registrations_at_once: Any = None
    # Whether a registration that is repeated with the same ``Idempotency-Key`` is the same registration.
    honours_idempotency_key: Any = True
    # Sent with each exam that has no rules of its own: name of a rule → whether it applies.
    default_rules: Any = None

    def __init__(self, client_id: str | None = None, client_secret: str | None = None, **kwargs: Any) -> None:
        """Take the options and open the session. Raises ``ImproperlyConfigured`` without a base URL."""
        super().__init__(**kwargs)
        self.client_id = client_id
        self.client_secret = client_secret
        if not self.base_url:
            raise ImproperlyConfigured(f"{type(self).__name__} needs the option 'base_url'.")
        if isinstance(self.timeout, list):
            # ``requests`` accepts only a tuple as a pair, and configuration files have only lists.
            self.timeout = tuple(self.timeout)
        self.session = ProviderSession(self.base_url, self.client_id, self.client_secret, guard_of(self))
        self._registration_slots = RegistrationSlots()
        self._instance_id = uuid.uuid4().hex
        self._script_url = ""
        self._has_warned_about_script = False

    @property
    def proctoring_instructions(self) -> Any:
        """Translated sentences for the learner; if there are any, they replace the provider's."""
        return []

    def get_proctoring_config(self) -> dict[str, Any]:
        """Return ``rules``, ``name``, ``download_url``, ``instructions``, in the learner's language.

        A reply is used for five minutes; if a call fails, the last reply for up to a day. Without
        one: raises ``requests.RequestException`` or ``ValueError`` (bad JSON); ``{}`` for a reply
        that is not a configuration.
        """
        key = (*self._cache_scope, get_language())
        cached = _CONFIGS.get(*key)
        if cached is not None and cached.is_fresh:
            return cached.value
        try:
            with call_options.use(is_page_waiting=True):
                response = self.ask_for_config(self._page_timeout())
            reply = response.json()
        except (requests.RequestException, ValueError) as exc:
            if cached is None:
                raise
            log.warning("provider did not return its configuration, using the last one: %s", self._describe(exc))
            return cached.value
        if not response.ok or not isinstance(reply, dict):
            log.warning("reply of provider is not a configuration: %s", self._describe(response))
            return {} if cached is None else cached.value
        config = rest_replies.safe_config(reply)
        _CONFIGS.store(config, *key)
        return config

    def ask_for_config(self, timeout: Any) -> requests.Response:
        """Call the provider, without the cache, and return the response. Raises ``requests.RequestException``."""
        return self.session.get(self.config_url, headers=self._get_language_headers(), timeout=timeout)

    def get_software_download_url(self) -> str | None:
        """Return the URL of the proctoring software; raises as ``get_proctoring_config``."""
        return self.get_proctoring_config().get("download_url")

    def get_javascript(self) -> str:
        """Return the URL of the worker script, ``''`` if the host's build has none.

        Contract: contract/browser-worker#script-url.
        """
        url = self._script_url or self._find_script()
        if not url or urlsplit(url).scheme or url.startswith("//"):
            return url
        return (conf.proctoring.lms_root_url or "") + url

    def get_exam(self, exam: Mapping[str, Any]) -> Any:
        """Return the provider's view of an exam. Contract: looked up by *our* id."""
        url = self.exam_url.format(exam_id=exam["id"])
        return self.session.get(url, timeout=self.timeout).json()

    def on_exam_saved(self, exam: dict[str, Any]) -> Any:
        """Copy an exam to the provider; return its external id, or None if the provider fails.

        Raises ``requests.RequestException`` if the provider fails or does not say that it took the exam, and the
        caller asked for it (``call_options``: ``raises_on_error``).
        """
        if self.default_rules and not exam.get("rules"):
            exam["rules"] = self.default_rules
        external_id = exam.get("external_id")
        url = self.exam_url.format(exam_id=external_id) if external_id else self.create_exam_url
        raises = call_options.current().raises_on_error
        response = None
        try:
            response = self.session.post(url, json=exam, timeout=self.timeout)
            if raises:
                reply_errors.require_delivered(response)
            # A provider that keeps the id it knows may have nothing to say.
            reply = response.json() if response.content.strip() or not raises else {}
        except Exception as exc:  # contract: saving an exam does not fail because of its provider
            if raises and isinstance(exc, requests.RequestException):
                raise
            if raises:
                raise requests.RequestException(type(exc).__name__) from exc
            log.exception(
                "exam not saved at provider: exam_id=%s %s body=%s",
                exam.get("id"),
                self._describe(exc),
                # ``is not None``, because a response with an error status is falsy.
                digest_of(response.content) if response is not None else None,
            )
            return None
        if not response.ok or not isinstance(reply, dict):
            log.warning(
                "unexpected reply to a saved exam: exam_id=%s %s body=%s",
                exam.get("id"),
                self._describe(response),
                digest_of(response.content),
            )
        return reply.get("id") if isinstance(reply, dict) else None

    def register_exam_attempt(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """Register an attempt; return the provider's id of it.

        Raises ``BackendProviderCannotRegisterAttempt`` (no connection, no token, refused, bad
        JSON, too many registrations at once), ``BackendProviderSentNoAttemptID``,
        ``BackendProviderOnboardingException``.
        """
        with self._registration_slots.one_of(self._most_registrations()):
            return self._register_exam_attempt(exam, context)

    def require_registration_slot(self) -> None:
        """Raise ``BackendProviderCannotRegisterAttempt`` if too many registrations are under way.

        Asked before anything is written for a registration, so that a refusal costs little.
        """
        self._registration_slots.require_free(self._most_registrations())

    def _most_registrations(self) -> int | None:
        most = self.registrations_at_once
        is_number = isinstance(most, int) and not isinstance(most, bool) and most >= 0
        return most if is_number and not call_options.current().is_in_background else None

    def _register_exam_attempt(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        exam_id = exam["external_id"] or self._save_missing_exam(exam)
        url = self.create_exam_attempt_url.format(exam_id=exam_id)
        payload = {key: value for key, value in context.items() if key != "attempt_code"}
        payload["status"] = ProctoredExamStudentAttemptStatus.created
        try:
            response = self.session.post(
                url,
                json=payload,
                timeout=self.timeout,
                headers={"Idempotency-Key": str(context.get("attempt_code", ""))},
            )
        except (requests.RequestException, ConnectionError) as exc:
            log.warning("attempt not registered: exam_id=%s %s", exam.get("id"), self._describe(exc))
            raise BackendProviderCannotRegisterAttempt("The proctoring provider does not answer.", NO_REPLY) from exc
        if not 200 <= response.status_code < 300:
            raise BackendProviderCannotRegisterAttempt(response.content, response.status_code)
        try:
            reply = response.json()
        except ValueError as exc:
            raise BackendProviderCannotRegisterAttempt(response.content, response.status_code) from exc
        return rest_replies.attempt_id_in(reply, response.status_code)

    def get_attempt(self, attempt: Mapping[str, Any]) -> dict[str, Any]:
        """Return the provider's view of an attempt; it always has ``instructions``, a list.

        A reply is used for 15 seconds: a page that waits for the learner polls us.
        """
        key = (*self._cache_scope, attempt["external_id"], get_language())
        cached = _ATTEMPTS.get(*key)
        if cached is not None and cached.is_fresh:
            view = cached.value
        else:
            exam = attempt["proctored_exam"]
            reply = self._make_attempt_request(exam["external_id"], attempt["external_id"], method="GET")
            view = rest_replies.safe_attempt(reply)
            if view["instructions"] or view.get("download_url"):
                # Anything else is an error, and the next page should call again.
                _ATTEMPTS.store(view, *key)
        if own := list(self.proctoring_instructions):
            view["instructions"] = own
        return view

    def start_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Report that the learner started; return the status in the provider's reply."""
        return self._report_status(exam, attempt, ProctoredExamStudentAttemptStatus.started)

    def stop_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Report that the learner submitted; return the status in the provider's reply."""
        return self._report_status(exam, attempt, ProctoredExamStudentAttemptStatus.submitted)

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Report that the attempt ended with an error; return the status in the provider's reply."""
        return self._report_status(exam, attempt, ProctoredExamStudentAttemptStatus.error)

    def update_time_limit(self, exam: str, attempt: str, time_limit_mins: int) -> Any:
        """Report a limit that changed after the registration; return the provider's reply, an object.

        Without a status, because the provider may know a newer one. Raises what ``requests`` raises if the provider
        is unreachable or does not take it.
        """
        if not attempt or self._lacks_external_id(exam):
            return {}
        response = self.session.request(
            "PATCH",
            self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt),
            json={"time_limit_mins": time_limit_mins},
            timeout=self._repeatable_timeout(),
        )
        reply_errors.require_delivered(response)
        return response.json() if response.content.strip() else {}

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Delete an attempt at the provider; return whether it is gone.

        Raises what ``requests`` raises if the provider is unreachable or answers with an error.
        """
        if not attempt or self._lacks_external_id(exam):
            return False
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        response = self.session.request("DELETE", url, timeout=self._repeatable_timeout())
        if response.status_code == 404:
            return True
        reply_errors.raise_for_status(response)
        try:
            reply = response.json()
        except ValueError:
            log.exception("reply to a removal is not JSON: attempt=%s %s", attempt, self._describe(response))
            return False
        return isinstance(reply, dict) and reply.get("status") == "deleted"

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Return the payload: REST providers post reviews in normalised form."""
        return payload

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, Any],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return a signed link to the provider's dashboard, None if there is no client id.

        Contract: contract/provider-wire#dashboard-link.

        ``user``: ``id`` (obscured), ``full_name``, ``email``. With ``exam_id`` the dashboard of an
        exam; with ``attempt_id`` as well, of an attempt; or the exam's configuration.
        """
        if not isinstance(self.client_id, str):
            log.error("dashboard link needs a client id: backend=%s", self._name)
            return None
        claims: dict[str, Any] = {
            "course_id": course_id,
            "user": user,
            "iss": self.client_id,
            "jti": uuid.uuid4().hex,
            "exp": timezone.now().timestamp() + self.token_expiration_time,
        }
        if exam_id:
            claims["exam_id"] = exam_id
            if show_configuration_dashboard:
                claims["config"] = True
            if attempt_id:
                claims["attempt_id"] = attempt_id
        token = jwt.encode(claims, self.client_secret or "", algorithm="HS256")
        url: str = self.instructor_url.format(client_id=self.client_id, jwt=token)
        log.debug("dashboard link made: course_id=%s exam=%s attempt=%s", course_id, exam_id, attempt_id)
        return url

    def retire_user(self, user_id: str) -> bool:
        """Delete the provider's data about a learner (obscured id); return what the provider replies.

        Raises ``BackendProviderCannotRetireUser``.
        """
        response = None
        try:
            with call_options.use(is_sent_anyway=True):
                response = self.session.delete(self.user_info_url.format(user_id=user_id), timeout=self.timeout)
            reply = response.json()
        except Exception as exc:  # after any failure the learner's data may still be there
            received = getattr(exc, "response", None)
            received = response if received is None else received
            raise BackendProviderCannotRetireUser(received.content if received is not None else None) from exc
        if not isinstance(reply, bool):
            raise BackendProviderCannotRetireUser(response.content)
        return reply

    def get_onboarding_profile_info(self, course_id: str, **kwargs: Any) -> Any:
        """Return the onboarding profiles of a course, from all pages unless ``page`` is given.

        ``user_id`` (obscured): one profile. ``status``: only these statuses, separated by commas.
        Raises ``BackendProviderOnboardingProfilesException``.
        """
        url = self.onboarding_statuses_url.format(course_id=course_id)
        if kwargs:
            url = f"{url}?{urlencode(kwargs)}"
        reply = self._get_profiles(url)
        if "page" in kwargs:
            return reply
        return rest_onboarding.with_all_pages(
            reply, url, base_url=self.base_url, fetch=self._get_profiles, backend=self._name
        )

    def _get_language_headers(self) -> dict[str, str]:
        """Return the header that requests texts in the learner's language. Plug-ins call and override this.

        Contract: the separator is a semicolon, which is not valid HTTP, but clients compare the value.
        """
        default = settings.LANGUAGE_CODE
        active = get_language()
        return {"Accept-Language": f"{active};{default}" if active and active != default else default}

    def _make_attempt_request(
        self, exam: str, attempt: str, method: str = "POST", status: str | None = None, **payload: Any
    ) -> dict[str, Any]:
        """Send a request about an attempt; return the reply, ``{}`` without a usable one. Plug-ins call this.

        ``exam``, ``attempt``: external ids; without them nothing is sent. There is a body only with
        a ``status``. Raises ``requests.RequestException`` if the provider is unreachable, and for a reply that does
        not mean "done", if the caller asked for it (``call_options``: ``raises_on_error``).
        """
        if not attempt or self._lacks_external_id(exam):
            return {}
        is_page = method == "GET"
        with call_options.use(is_page_waiting=is_page or None):
            response = self.session.request(
                method,
                self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt),
                json={**payload, "status": status} if status else None,
                headers=self._get_language_headers() if is_page else None,
                timeout=self._page_timeout() if is_page else self._repeatable_timeout(),
            )
        if status and call_options.current().raises_on_error:
            if response.status_code == 409 and self._has_status(exam, attempt, status):
                # Our former request was carried out, and its reply was lost.
                return {"status": status}
            reply_errors.require_delivered(response)
            if not response.content.strip():
                return {}
        try:
            reply = response.json()
        except ValueError:
            log.exception("reply about an attempt is not JSON: attempt=%s %s", attempt, self._describe(response))
            return {}
        if not isinstance(reply, dict):
            log.error("reply about an attempt is not an object: attempt=%s %s", attempt, self._describe(response))
            return {}
        if not response.ok:
            log.warning("provider refused: attempt=%s %s %s", attempt, method, self._describe(response))
        return reply

    def _report_status(self, exam: str, attempt: str, status: str) -> Any:
        return self._make_attempt_request(exam, attempt, method="PATCH", status=status).get("status")

    def _has_status(self, exam: str, attempt: str, status: str) -> bool:
        """Ask the provider whether an attempt has a status already.

        Raises ``requests.RequestException`` if it does not say: then the report is repeated, not refused for good.
        """
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        response = self.session.request(
            "GET", url, headers=self._get_language_headers(), timeout=self._repeatable_timeout()
        )
        try:
            reply_errors.require_delivered(response)
        except reply_errors.ProviderRefused:
            return False
        return bool(response.content.strip() and response.json().get("status") == status)

    def _save_missing_exam(self, exam: Mapping[str, Any]) -> Any:
        """Create an exam at the provider, which was not reached when it was saved; return its external id.

        The id is also put into ``exam`` if that is a dict, so that the caller can store it.
        """
        due_date = exam.get("due_date")
        payload = {**exam, "due_date": due_date.isoformat() if isinstance(due_date, datetime) else due_date}
        external_id = self.on_exam_saved(payload)
        if not external_id:
            raise BackendProviderCannotRegisterAttempt("The proctoring provider does not know this exam.", NO_REPLY)
        if isinstance(exam, dict):
            exam["external_id"] = external_id
        return external_id

    def _lacks_external_id(self, exam: str) -> bool:
        if exam:
            return False
        log.warning("call skipped, the exam has no external id: backend=%s", self._name)
        return True

    def _get_profiles(self, url: str) -> Any:
        try:
            response = self.session.get(url, timeout=self.timeout)
            if response.status_code != 200:
                raise BackendProviderOnboardingProfilesException(response.content, response.status_code)
            return response.json()
        except (requests.RequestException, ConnectionError, ValueError) as exc:
            log.warning("onboarding profiles not returned: %s", self._describe(exc))
            raise BackendProviderOnboardingProfilesException(
                "The proctoring provider did not return its onboarding profiles.", NO_REPLY
            ) from exc

    def _find_script(self) -> str:
        bundle = getattr(self, "npm_module", None) or type(self).__module__.split(".")[0]
        try:
            chunks = get_files(bundle, config="WORKERS")
        except (WebpackBundleLookupError, BaseWebpackLoaderException, OSError) as exc:
            if not self._has_warned_about_script:
                self._has_warned_about_script = True
                warnings.warn(f"No proctoring worker script for {bundle!r}: {exc}", stacklevel=3)
            return ""
        url: str = chunks[0]["url"] if chunks else ""
        if not settings.DEBUG:
            # In production scripts change only with a restart, in development at any time.
            self._script_url = url
        return url

    def _page_timeout(self) -> Any:
        return shortest(self.timeout, self.page_timeout)

    def _repeatable_timeout(self) -> Any:
        # Contract: if no page is waiting, the very object that is configured.
        return self._page_timeout() if call_options.current().is_page_waiting else self.timeout

    @property
    def _cache_scope(self) -> tuple[Any, ...]:
        """The first parts of the cache key of a reply.

        A configured provider shares replies with the other workers. An object without a configured
        name has its own: by contract, two of them with one base URL may get different replies.
        """
        name = getattr(self, "backend_name", None)
        return (name, self.base_url) if isinstance(name, str) else (self._instance_id,)

    @property
    def _name(self) -> str:
        return getattr(self, "backend_name", None) or type(self).__name__

    def _describe(self, outcome: requests.Response | Exception) -> str:
        return rest_replies.describe(outcome, self._name)
