"""The exceptions of this app.

Contract: contract/exceptions#tree, contract/provider-interface#exceptions. The HTTP layer answers ``http_status``
with ``detail = str(exc)``, so the caller sees the message.

::

    ProctoredBaseException                              400
    ├── ProctoredExamAlreadyExists                      400  exams
    ├── ProctoredExamNotFoundException                  400
    ├── ProctoredExamNotActiveException                 400
    ├── ProctoredExamReviewPolicyAlreadyExists          400  review policies
    ├── ProctoredExamReviewPolicyNotFoundException      400
    ├── UserNotFoundException                           400  allowances
    ├── AllowanceValueNotAllowedException               400
    ├── AllowanceChangeNotFound                         404
    ├── AllowanceChangedSince                           409
    ├── AllowanceChangeAlreadyUndone                    409
    ├── StudentExamAttemptAlreadyExistsException        400  attempts
    ├── StudentExamAttemptDoesNotExistsException        400
    ├── StudentExamAttemptedAlreadyStarted              400
    ├── StudentExamAttemptOnPastDueProctoredExam        400
    ├── ProctoredExamIllegalStatusTransition            400  state machine
    │   └── ProctoredExamNoTimeLeft                     400
    ├── ProctoredExamIllegalResumeUpdate                400
    ├── ProctoredExamPermissionDenied                   403
    │   └── ExtensionPastDue                            403
    ├── ExtensionTooShort                               400
    ├── ProctoredExamSuspiciousLookup                   400  reviews
    ├── ProctoredExamReviewAlreadyExists                400
    ├── ProctoredExamBadReviewStatus                    400
    ├── ReviewNotUnderstood                             400
    ├── ReviewNotFound                                  409
    ├── StatusConflict                                  409
    ├── UnknownOrdering                                 400  lists
    ├── JobNotFound                                     404  jobs
    ├── SelectionChanged                                409
    ├── TooManyRows                                     422
    ├── MeasureInForce                                  409  outages
    ├── MeasureNotInForce                               409
    ├── NoProviderException                             409
    ├── BackendProviderCannotRegisterAttempt            upstream  providers
    │   └── BackendProviderSentNoAttemptID              upstream
    ├── BackendProviderOnboardingException              400
    ├── BackendProviderOnboardingProfilesException      upstream
    ├── BackendProviderCannotRemoveAttempt              502
    │   ├── BackendProviderGone                         502
    │   └── BackendProviderRemovalNotConfirmed          502
    ├── BackendProviderCannotRetireUser                 400
    └── BackendProviderNotConfigured                    500

"upstream": the exception carries the status of the provider's answer. The HTTP layer decides which status a client gets
(contract/rest-rules#provider-failures).
"""

import hashlib
from typing import Any, Final

from django.core import exceptions as core_exceptions

# A longer answer of a provider is an error page. Its beginning is enough for a log line or a `detail`.
MAX_CONTENT_LENGTH: Final = 1024


def _readable(content: object) -> str:
    """Return a provider's answer as text: decoded, stripped, truncated to ``MAX_CONTENT_LENGTH``."""
    if content is None:
        return ""
    if isinstance(content, (bytes, bytearray)):
        content = bytes(content).decode("utf-8", errors="replace")
    text = str(content).strip()
    if len(text) > MAX_CONTENT_LENGTH:
        text = text[: MAX_CONTENT_LENGTH - 1] + "…"
    return text


def digest_of(content: object) -> str:
    """Return what the log may hold of a provider's answer: enough to tell two answers apart, and no text."""
    data = bytes(content) if isinstance(content, (bytes, bytearray)) else str(content).encode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(data).hexdigest()[:12]} length:{len(data)}"


class ProctoredBaseException(Exception):
    """Base of all exceptions of this app.

    ``http_status``: int, the status of the HTTP response; may be passed per instance by keyword. ``code``: what clients
    of REST and rows of jobs call the refusal (contract/rest-v2#problems); "" for one that has no name of its own.
    ``is_for_people``: the text is a translated sentence, which version 2 shows instead of the general one of the code.
    """

    http_status: int = 400
    code: str = ""
    is_for_people: bool = False

    def __init__(self, *args: Any, http_status: int | None = None) -> None:
        if http_status is not None:
            self.http_status = http_status
        super().__init__(*args)


class ProctoredExamAlreadyExists(ProctoredBaseException):
    """An exam for this course and content exists already."""

    code = "conflict"


class ProctoredExamNotFoundException(ProctoredBaseException):
    """No exam has this id, or this course and content."""

    code = "not_found"


class ProctoredExamNotActiveException(ProctoredBaseException):
    """The exam exists but is inactive."""

    code = "exam_inactive"


class ProctoredExamReviewPolicyAlreadyExists(ProctoredBaseException):
    """The exam has a review policy already; there is one per exam."""

    code = "conflict"


class ProctoredExamReviewPolicyNotFoundException(ProctoredBaseException):
    """The exam has no review policy."""

    code = "not_found"


class UserNotFoundException(ProctoredBaseException):
    """No user has this username or e-mail address."""

    code = "user_not_found"


class AllowanceValueNotAllowedException(ProctoredBaseException):
    """The value is not valid for this kind of allowance."""

    code = "invalid_allowance"
    is_for_people = True


class AllowanceChangeNotFound(ProctoredBaseException):
    """No change of an allowance is on record under this id."""

    http_status = 404
    code = "not_found"


class AllowanceChangedSince(ProctoredBaseException):
    """An allowance is no longer what the change made it that was to be undone."""

    http_status = 409
    code = "changed_since"


class AllowanceChangeAlreadyUndone(ProctoredBaseException):
    """The change of an allowance was undone before."""

    http_status = 409
    code = "already_undone"


class StudentExamAttemptAlreadyExistsException(ProctoredBaseException):
    """The learner has an attempt at this exam that prevents a new one."""

    code = "attempt_exists"


class StudentExamAttemptDoesNotExistsException(ProctoredBaseException):
    """No attempt has this id or code."""

    code = "not_found"


class StudentExamAttemptedAlreadyStarted(ProctoredBaseException):
    """The attempt was started before."""

    code = "already_started"


class StudentExamAttemptOnPastDueProctoredExam(ProctoredBaseException):
    """The due date of the proctored exam has passed."""

    code = "past_due"


class ProctoredExamIllegalStatusTransition(ProctoredBaseException):
    """An attempt cannot move from its current status to the requested one."""

    code = "illegal_transition"


class ProctoredExamNoTimeLeft(ProctoredExamIllegalStatusTransition):
    """The clock would start with less than a minute, so it does not start."""


class ProctoredExamIllegalResumeUpdate(ProctoredBaseException):
    """The resume flags of the attempt cannot be changed in this way."""

    code = "not_resumable"


class ProctoredExamPermissionDenied(ProctoredBaseException):
    """The caller may not do this."""

    http_status = 403
    code = "not_allowed"


class ExtensionPastDue(ProctoredExamPermissionDenied):
    """A running attempt would end after the due date.

    ``max_minutes``: the most minutes that fit, 0 if none do.
    """

    code = "past_due"

    def __init__(self, *args: Any, max_minutes: int = 0, http_status: int | None = None) -> None:
        super().__init__(*args, http_status=http_status)
        self.max_minutes = max_minutes


class JobNotFound(ProctoredBaseException):
    """No job has this code."""

    http_status = 404
    code = "not_found"


class MeasureInForce(ProctoredBaseException):
    """Such a measure is in force in the exam already."""

    http_status = 409
    code = "measure_in_force"


class MeasureNotInForce(ProctoredBaseException):
    """No such measure is in force in the exam."""

    http_status = 409
    code = "not_in_force"


class NoProviderException(ProctoredBaseException):
    """The exam is taken without a proctoring provider, or for practice."""

    http_status = 409
    code = "no_provider"


class SelectionChanged(ProctoredBaseException):
    """A selection does not find as many as the caller saw. ``count``: what it finds."""

    http_status = 409
    code = "selection_changed"

    def __init__(self, *args: Any, count: int = 0, http_status: int | None = None) -> None:
        super().__init__(*args, http_status=http_status)
        self.count = count


class TooManyRows(ProctoredBaseException):
    """An order is about more than one job takes. ``most``: how many it takes."""

    http_status = 422
    code = "too_many"

    def __init__(self, *args: Any, most: int = 0, http_status: int | None = None) -> None:
        super().__init__(*args, http_status=http_status)
        self.most = most


class ExtensionTooShort(ProctoredBaseException, ValueError):
    """Less time for a running attempt would end it within a minute, without warning."""

    code = "too_short"


class ProctoredExamSuspiciousLookup(ProctoredBaseException):
    """A review names an attempt that does not match the one it was sent for."""

    code = "validation_error"


class ProctoredExamReviewAlreadyExists(ProctoredBaseException):
    """The attempt was reviewed before, and reviews may not be updated."""

    code = "review_exists"


class ProctoredExamBadReviewStatus(ProctoredBaseException):
    """The verdict of a review is not a known word."""

    code = "validation_error"


class ReviewNotUnderstood(ProctoredBaseException):
    """A review lacks a field, or has one of the wrong type; the text says which."""

    code = "validation_error"


class ReviewNotFound(ProctoredBaseException):
    """The attempt has no review that a person could decide."""

    http_status = 409
    code = "no_review"


class StatusConflict(ProctoredBaseException):
    """The attempt no longer has the status that the caller saw.

    ``status``: the one it has.
    """

    http_status = 409
    code = "conflict"

    def __init__(self, *args: Any, status: str = "", http_status: int | None = None) -> None:
        super().__init__(*args, http_status=http_status)
        self.status = status


class UnknownOrdering(ProctoredBaseException, core_exceptions.FieldError, ValueError):
    """A list cannot be ordered by this name; the text lists those that can be used."""

    code = "validation_error"


class _ProviderReplyException(ProctoredBaseException):
    """A provider's answer was not usable.

    Attributes: ``content``, the raw answer; ``http_status`` and ``upstream_status``, the HTTP status of the answer.
    ``str()`` is the readable beginning of the content. Can be pickled, as task queues do.
    """

    code = "provider_unavailable"

    def __init__(self, content: Any, http_status: int) -> None:
        # Both go into ``args``, because unpickling calls the class with them.
        super().__init__(content, http_status, http_status=http_status)
        self.content = content

    @property
    def upstream_status(self) -> int:
        """The HTTP status of the provider's answer."""
        return self.http_status

    @property
    def digest(self) -> str:
        """The answer for the log: its digest and length, because its text may hold names and addresses."""
        return digest_of(self.content)

    def __str__(self) -> str:
        return _readable(self.content)


class BackendProviderCannotRegisterAttempt(_ProviderReplyException):
    """The provider refused to register an attempt, or did not answer."""

    def __init__(self, content: Any, http_status: int) -> None:
        super().__init__(content, http_status)
        # Provider classes also raise 503 when there was no reply.
        self.code = "provider_unavailable" if http_status == 503 else "provider_rejected"


class BackendProviderSentNoAttemptID(BackendProviderCannotRegisterAttempt):
    """The provider accepted an attempt but did not return its id."""


class BackendProviderOnboardingProfilesException(_ProviderReplyException):
    """The provider did not return its onboarding profiles."""


# Exceptions that carry a provider's answer, whose text must not be logged.
PROVIDER_REPLIES: Final = (BackendProviderCannotRegisterAttempt, BackendProviderOnboardingProfilesException)


class BackendProviderOnboardingException(ProctoredBaseException):
    """The provider refuses an attempt until the learner has been onboarded.

    ``status``: the ``onboarding_*`` attempt status that says why.
    """

    code = "not_allowed"

    def __init__(self, exam_status: str, *, http_status: int | None = None) -> None:
        super().__init__(exam_status, http_status=http_status)
        self.status = exam_status


class BackendProviderCannotRemoveAttempt(ProctoredBaseException):
    """The provider did not remove an attempt."""

    http_status = 502
    code = "provider_rejected"


class BackendProviderGone(BackendProviderCannotRemoveAttempt):
    """The provider is not configured, or has no call for removing attempts: trying again soon does not help."""

    code = "provider_not_configured"


class BackendProviderRemovalNotConfirmed(BackendProviderCannotRemoveAttempt):
    """The provider answered but did not confirm that it removed the attempt."""


class BackendProviderCannotRetireUser(ProctoredBaseException):
    """The provider did not delete a user's data."""

    code = "provider_rejected"


class BackendProviderNotConfigured(ProctoredBaseException):
    """The exam names a provider that is not configured."""

    http_status = 500
    code = "provider_not_configured"
