"""The provider that speaks our REST protocol; plugins of other distributions subclass it.

Spec: backends.md 5 (this side), 6 (the provider's side). Names, signatures, the bytes on the wire
and the exceptions are contract; so is that nothing is sent after the main request of a method.
"""

import logging
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

import jwt
import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.translation import get_language
from webpack_loader.exceptions import BaseWebpackLoaderException, WebpackBundleLookupError
from webpack_loader.utils import get_files

from edx_proctoring import conf
from edx_proctoring.backends import call_options, content
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.http import ProviderSession, shortest
from edx_proctoring.backends.memory import ReplyMemory
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingException,
    BackendProviderOnboardingProfilesException,
    BackendProviderSentNoAttemptID,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus

log = logging.getLogger(__name__)

# What stands for the status of a reply where there was none; the HTTP layer answers the same (10.3).
NO_REPLY: Final = 503

CONFIG_FRESH_SECONDS: Final = 300
CONFIG_STALE_SECONDS: Final = 24 * 60 * 60
ATTEMPT_FRESH_SECONDS: Final = 15

# Of a body that somebody may have to read. More of it could hold names.
_MAX_LOGGED_BODY: Final = 500

# A course of a million learners, at the provider's usual page size.
_MAX_PAGES: Final = 1000


class BaseRestProctoringProvider(ProctoringBackendProvider):
    """A provider reached over HTTP, with an OAuth2 token (client credentials).

    Options: ``base_url`` (no trailing slash), ``client_id``, ``client_secret``, and any attribute
    below. Time limits are seconds, or a pair (connect, read).
    """

    base_url: Any = None
    # How long the link to the provider's dashboard works, in seconds.
    token_expiration_time: Any = 60
    needs_oauth: Any = True
    has_dashboard: Any = True
    supports_onboarding: Any = True
    passing_statuses: Any = (SoftwareSecureReviewStatus.clean,)
    timeout: Any = 30
    # For calls that a page waits for and that can be made again; never more than ``timeout``.
    page_timeout: Any = 5
    # Sent with each exam that has no rules of its own: name of a rule → whether it holds.
    default_rules: Any = None

    def __init__(self, client_id: str | None = None, client_secret: str | None = None, **kwargs: Any) -> None:
        """Take the options and open the session. Raises ``ImproperlyConfigured`` without a base URL."""
        super().__init__(**kwargs)
        self.client_id = client_id
        self.client_secret = client_secret
        if not self.base_url:
            raise ImproperlyConfigured(f"{type(self).__name__} needs the option 'base_url'.")
        if isinstance(self.timeout, list):
            # Configuration files know no tuples, and ``requests`` takes nothing else for a pair.
            self.timeout = tuple(self.timeout)
        self.session = ProviderSession(self.base_url, self.client_id, self.client_secret)
        self._configs = ReplyMemory(fresh=CONFIG_FRESH_SECONDS, stale=CONFIG_STALE_SECONDS)
        self._attempts = ReplyMemory(fresh=ATTEMPT_FRESH_SECONDS)
        self._script_url = ""
        self._warned_of_script = False

    # --- where things are; plugins override these ---------------------------------------------
    # Ids are put in as they are, not percent-encoded: contract, course ids contain ``:`` and ``+``.

    @property
    def config_url(self) -> Any:
        """Where the provider describes itself."""
        return self.base_url + "/api/v1/config/"

    @property
    def create_exam_url(self) -> Any:
        """Where exams are created."""
        return self.base_url + "/api/v1/exam/"

    @property
    def exam_url(self) -> Any:
        """One exam: ``{exam_id}``."""
        return self.base_url + "/api/v1/exam/{exam_id}/"

    @property
    def create_exam_attempt_url(self) -> Any:
        """Where attempts are created: ``{exam_id}``."""
        return self.base_url + "/api/v1/exam/{exam_id}/attempt/"

    @property
    def exam_attempt_url(self) -> Any:
        """One attempt: ``{exam_id}``, ``{attempt_id}``."""
        return self.base_url + "/api/v1/exam/{exam_id}/attempt/{attempt_id}/"

    @property
    def instructor_url(self) -> Any:
        """The provider's dashboard: ``{client_id}``, ``{jwt}``."""
        return self.base_url + "/api/v1/instructor/{client_id}/?jwt={jwt}"

    @property
    def user_info_url(self) -> Any:
        """What the provider holds about a learner: ``{user_id}``."""
        return self.base_url + "/api/v1/user/{user_id}/"

    @property
    def onboarding_statuses_url(self) -> Any:
        """Onboarding profiles of a course: ``{course_id}``."""
        return self.base_url + "/api/v1/courses/{course_id}/onboarding_statuses"

    @property
    def proctoring_instructions(self) -> Any:
        """Translated sentences for the learner; if there are any, they replace the provider's."""
        return []

    # --- the provider itself ------------------------------------------------------------------

    def get_proctoring_config(self) -> dict[str, Any]:
        """Return ``rules``, ``name``, ``download_url``, ``instructions``, in the learner's language.

        Five minutes of one reply; when the provider fails, its last reply of the last day. Without
        one: raises ``requests.RequestException`` or ``ValueError`` (bad JSON); ``{}`` for a reply
        that is no configuration.
        """
        language = get_language()
        config: dict[str, Any] | None = self._configs.fresh(language)
        if config is not None:
            return config
        last: dict[str, Any] | None = self._configs.stale(language)
        try:
            response = self.ask_for_config(self._timeout_of_pages())
            reply = response.json()
        except (requests.RequestException, ValueError) as exc:
            if last is None:
                raise
            log.warning("provider does not tell its configuration, using its last one: %s", self._describe(exc))
            return last
        if not response.ok or not isinstance(reply, dict):
            log.warning("reply of provider is no configuration: %s", self._describe(response))
            return {} if last is None else last
        config = dict(reply)
        if "instructions" in config:
            config["instructions"] = content.clean_instructions(config["instructions"])
        if config.get("download_url"):
            config["download_url"] = content.safe_download_url(config["download_url"])
        self._configs.keep(language, config)
        return config

    def ask_for_config(self, timeout: Any) -> requests.Response:
        """Return the provider's reply as it is; raises ``requests.RequestException``. Asks each time."""
        return self.session.get(self.config_url, headers=self._get_language_headers(), timeout=timeout)

    def get_software_download_url(self) -> str | None:
        """Return where the learner gets the proctoring software; as ``get_proctoring_config``."""
        return self.get_proctoring_config().get("download_url")

    def get_javascript(self) -> str:
        """Return the URL of the worker script, ``''`` if the host's build has none (12.3)."""
        url = self._script_url or self._find_script()
        if not url or urlsplit(url).scheme or url.startswith("//"):
            return url
        return (conf.proctoring.lms_root_url or "") + url

    # --- exams --------------------------------------------------------------------------------

    def get_exam(self, exam: Mapping[str, Any]) -> Any:
        """Return the provider's view of an exam. Contract: looked up by *our* id."""
        url = self.exam_url.format(exam_id=exam["id"])
        return self.session.get(url, timeout=self.timeout).json()

    def on_exam_saved(self, exam: dict[str, Any]) -> Any:
        """Copy an exam to the provider; return its external id, None if the provider fails."""
        if self.default_rules and not exam.get("rules"):
            exam["rules"] = self.default_rules
        external_id = exam.get("external_id")
        url = self.exam_url.format(exam_id=external_id) if external_id else self.create_exam_url
        response = None
        try:
            response = self.session.post(url, json=exam, timeout=self.timeout)
            reply = response.json()
        except Exception as exc:  # contract: saving an exam never fails for the provider's sake
            log.exception(
                "exam not saved at provider: exam_id=%s %s body=%s",
                exam.get("id"),
                self._describe(exc),
                # ``is not None``: a response of an error is false.
                _short(response.content) if response is not None else None,
            )
            return None
        if not response.ok or not isinstance(reply, dict):
            log.warning(
                "unexpected reply to a saved exam: exam_id=%s %s body=%s",
                exam.get("id"),
                self._describe(response),
                _short(response.content),
            )
        return reply.get("id") if isinstance(reply, dict) else None

    # --- attempts -----------------------------------------------------------------------------

    def register_exam_attempt(self, exam: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """Announce an attempt; return the id that the provider gave it.

        Raises ``BackendProviderCannotRegisterAttempt`` (no connection, no token, refused, bad
        JSON), ``BackendProviderSentNoAttemptID``, ``BackendProviderOnboardingException``.
        """
        exam_id = exam["external_id"] or self._save_late(exam)
        url = self.create_exam_attempt_url.format(exam_id=exam_id)
        payload = {key: value for key, value in context.items() if key != "attempt_code"}
        payload["status"] = ProctoredExamStudentAttemptStatus.created
        try:
            response = self.session.post(url, json=payload, timeout=self.timeout)
        except (requests.RequestException, ConnectionError) as exc:
            log.warning("attempt not registered: exam_id=%s %s", exam.get("id"), self._describe(exc))
            raise BackendProviderCannotRegisterAttempt("The proctoring provider does not answer.", NO_REPLY) from exc
        if not 200 <= response.status_code < 300:
            raise BackendProviderCannotRegisterAttempt(response.content, response.status_code)
        try:
            reply = response.json()
        except ValueError as exc:
            raise BackendProviderCannotRegisterAttempt(response.content, response.status_code) from exc
        return self._attempt_id_in(reply, response.status_code)

    def get_attempt(self, attempt: Mapping[str, Any]) -> dict[str, Any]:
        """Return the provider's view of an attempt; ``instructions`` is always in it, a list.

        A quarter of a minute of one reply: pages that wait for a learner ask again and again.
        """
        key = (attempt["external_id"], get_language())
        reply: dict[str, Any] | None = self._attempts.fresh(key)
        if reply is None:
            reply = self._make_attempt_request(
                attempt["proctored_exam"]["external_id"], attempt["external_id"], method="GET"
            )
            reply = dict(reply) if isinstance(reply, Mapping) else {}
            reply["instructions"] = content.clean_instructions(reply.get("instructions"))
            if reply.get("download_url"):
                reply["download_url"] = content.safe_download_url(reply["download_url"])
            if reply["instructions"] or reply.get("download_url"):
                # Anything else is an error that the next page need not be told of as well.
                self._attempts.keep(key, reply)
        if own := list(self.proctoring_instructions):
            reply["instructions"] = own
        return reply

    def start_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Tell that the learner started; return the status that the provider answers with."""
        return self._tell_status(exam, attempt, ProctoredExamStudentAttemptStatus.started)

    def stop_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Tell that the learner submitted; return the status that the provider answers with."""
        return self._tell_status(exam, attempt, ProctoredExamStudentAttemptStatus.submitted)

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Tell that the attempt ended with an error; return the status that the provider answers with."""
        return self._tell_status(exam, attempt, ProctoredExamStudentAttemptStatus.error)

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Delete an attempt at the provider; return whether it is gone.

        Raises what ``requests`` raises if the provider is unreachable or answers with an error.
        """
        if not attempt or self._is_unknown(exam):
            return False
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        response = self.session.request("DELETE", url, timeout=self._timeout_of_notices())
        if response.status_code == 404:
            return True
        response.raise_for_status()
        try:
            reply = response.json()
        except ValueError:
            log.exception("reply to a removal is not JSON: attempt=%s %s", attempt, self._describe(response))
            return False
        return isinstance(reply, dict) and reply.get("status") == "deleted"

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Return the payload: REST providers post reviews in the normalised form."""
        return payload

    # --- people -------------------------------------------------------------------------------

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, Any],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return a signed link to the provider's dashboard, None if there is no client id (5.5).

        ``user``: ``id`` (obscured), ``full_name``, ``email``. With ``exam_id`` the dashboard of an
        exam; with ``attempt_id`` as well, of an attempt; or the exam's configuration.
        """
        if not isinstance(self.client_id, str):
            log.error("no dashboard link without a client id: backend=%s", self._name)
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
        """Delete what the provider holds about a learner (obscured id); return the provider's word.

        Raises ``BackendProviderCannotRetireUser``.
        """
        response = None
        try:
            response = self.session.delete(self.user_info_url.format(user_id=user_id), timeout=self.timeout)
            reply = response.json()
        except Exception as exc:  # whatever went wrong, the learner's data may still be there
            told = getattr(exc, "response", None)
            told = response if told is None else told
            raise BackendProviderCannotRetireUser(told.content if told is not None else None) from exc
        if not isinstance(reply, bool):
            raise BackendProviderCannotRetireUser(response.content)
        return reply

    def get_onboarding_profile_info(self, course_id: str, **kwargs: Any) -> Any:
        """Return onboarding profiles of a course, all pages of them.

        ``user_id`` (obscured): one profile. ``status``: only those statuses, a comma list. Raises
        ``BackendProviderOnboardingProfilesException``.
        """
        url = self.onboarding_statuses_url.format(course_id=course_id)
        if kwargs:
            url = f"{url}?{urlencode(kwargs)}"
        reply = self._get_profiles(url)
        if "page" in kwargs or not isinstance(reply, dict) or not isinstance(reply.get("results"), list):
            return reply
        for page in self._following_pages(url, reply):
            reply["results"].extend(page)
        if reply.get("next"):
            reply["next"] = None
        return reply

    # --- helpers that plugins call or override ------------------------------------------------

    def _get_language_headers(self) -> dict[str, str]:
        """Return the header that asks for texts in the learner's language.

        Contract: the separator is a semicolon, which HTTP does not know; clients compare the value.
        """
        default = settings.LANGUAGE_CODE
        active = get_language()
        return {"Accept-Language": f"{active};{default}" if active and active != default else default}

    def _make_attempt_request(
        self, exam: str, attempt: str, method: str = "POST", status: str | None = None, **payload: Any
    ) -> dict[str, Any]:
        """Ask or tell about an attempt; return the reply, ``{}`` if there is none to be had.

        ``exam``, ``attempt``: external ids; without them nothing is sent. There is a body only with
        a ``status``. Raises ``requests.RequestException`` if the provider is unreachable, and for
        an error that may pass, if the caller asked for it (``call_options``: ``raises_on_error``).
        """
        if not attempt or self._is_unknown(exam):
            return {}
        is_page = method == "GET"
        response = self.session.request(
            method,
            self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt),
            json={**payload, "status": status} if status else None,
            headers=self._get_language_headers() if is_page else None,
            timeout=self._timeout_of_pages() if is_page else self._timeout_of_notices(),
        )
        if status and call_options.current().raises_on_error and _may_be_better_next_time(response):
            raise requests.HTTPError(f"upstream_status={response.status_code}", response=response)
        try:
            reply = response.json()
        except ValueError:
            log.exception("reply about an attempt is not JSON: attempt=%s %s", attempt, self._describe(response))
            return {}
        if not isinstance(reply, dict):
            log.error("reply about an attempt is no object: attempt=%s %s", attempt, self._describe(response))
            return {}
        if not response.ok:
            log.warning("provider refuses: attempt=%s %s %s", attempt, method, self._describe(response))
        return reply

    # --- our own ------------------------------------------------------------------------------

    def _tell_status(self, exam: str, attempt: str, status: str) -> Any:
        return self._make_attempt_request(exam, attempt, method="PATCH", status=status).get("status")

    def _attempt_id_in(self, reply: Any, http_status: int) -> Any:
        if isinstance(reply, dict):
            status = reply.get("status")
            if status in ProctoredExamStudentAttemptStatus.onboarding_errors:
                # Before the id is looked at: a refusal may come with one.
                raise BackendProviderOnboardingException(status)
            if reply.get("id"):
                return reply["id"]
        raise BackendProviderSentNoAttemptID(reply, http_status)

    def _save_late(self, exam: Mapping[str, Any]) -> Any:
        """Return an external id for an exam whose save had failed at the provider.

        The id is put into ``exam`` too, if that is a dict, so that the caller can store it.
        """
        due_date = exam.get("due_date")
        payload = {**exam, "due_date": due_date.isoformat() if isinstance(due_date, datetime) else due_date}
        external_id = self.on_exam_saved(payload)
        if not external_id:
            raise BackendProviderCannotRegisterAttempt("The proctoring provider does not know this exam.", NO_REPLY)
        if isinstance(exam, dict):
            exam["external_id"] = external_id
        return external_id

    def _is_unknown(self, exam: str) -> bool:
        if exam:
            return False
        log.warning("nothing to tell about an exam that the provider does not know: backend=%s", self._name)
        return True

    def _get_profiles(self, url: str) -> Any:
        try:
            response = self.session.get(url, timeout=self.timeout)
            if response.status_code != 200:
                raise BackendProviderOnboardingProfilesException(response.content, response.status_code)
            return response.json()
        except (requests.RequestException, ConnectionError, ValueError) as exc:
            self._refuse_profiles(exc)

    def _refuse_profiles(self, exc: Exception) -> NoReturn:
        log.warning("no onboarding profiles: %s", self._describe(exc))
        raise BackendProviderOnboardingProfilesException(
            "The proctoring provider does not tell its onboarding profiles.", NO_REPLY
        ) from exc

    def _following_pages(self, url: str, reply: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """Yield the results of the second page and of those after it."""
        seen = {url}
        following = reply.get("next")
        while isinstance(following, str) and following and len(seen) < _MAX_PAGES:
            url = urljoin(url, following)
            if url in seen or urlsplit(url)[:2] != urlsplit(self.base_url)[:2]:
                # Our token goes to the provider's own host only, and round in no circle.
                log.warning("page of onboarding profiles not followed: backend=%s page=%s", self._name, len(seen))
                return
            seen.add(url)
            page = self._get_profiles(url)
            if not isinstance(page, dict) or not isinstance(page.get("results"), list):
                return
            yield page["results"]
            following = page.get("next")

    def _find_script(self) -> str:
        bundle = getattr(self, "npm_module", None) or type(self).__module__.split(".")[0]
        try:
            chunks = get_files(bundle, config="WORKERS")
        except (WebpackBundleLookupError, BaseWebpackLoaderException, OSError) as exc:
            if not self._warned_of_script:
                self._warned_of_script = True
                warnings.warn(f"No proctoring worker script for {bundle!r}: {exc}", stacklevel=3)
            return ""
        url: str = chunks[0]["url"] if chunks else ""
        if not settings.DEBUG:
            # The host's build replaces scripts only with a restart; a developer's build does it all the time.
            self._script_url = url
        return url

    def _timeout_of_pages(self) -> Any:
        return shortest(self.timeout, self.page_timeout)

    def _timeout_of_notices(self) -> Any:
        # Contract: without a page that waits, the very object that is configured.
        return self._timeout_of_pages() if call_options.current().is_page_waiting else self.timeout

    @property
    def _name(self) -> str:
        return getattr(self, "backend_name", None) or type(self).__name__

    def _describe(self, outcome: requests.Response | Exception) -> str:
        """Return which provider answered what, for the log; never its body, which may hold names."""
        if isinstance(outcome, Exception):
            return f"backend={self._name} error={type(outcome).__name__}"
        return f"backend={self._name} upstream_status={outcome.status_code}"


def _may_be_better_next_time(response: requests.Response) -> bool:
    """Return whether an error is the provider's own and not about the request: out of order, or too busy."""
    return response.status_code >= 500 or response.status_code in (408, 429)


def _short(body: Any) -> str:
    text = body.decode("utf-8", errors="replace") if isinstance(body, bytes) else str(body)
    return text[:_MAX_LOGGED_BODY]
