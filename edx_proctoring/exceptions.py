"""Everything this app refuses to do, as exceptions.

Spec: python-api.md 13, backends.md 10. The HTTP layer answers ``http_status`` with
``detail = str(exc)``, so a message must be fit for the caller's eyes.

::

    ProctoredBaseException                              400
    ├── ProctoredExamAlreadyExists                      400  exams
    ├── ProctoredExamNotFoundException                  400
    ├── ProctoredExamNotActiveException                 400
    ├── ProctoredExamReviewPolicyAlreadyExists          400  review policies
    ├── ProctoredExamReviewPolicyNotFoundException      400
    ├── UserNotFoundException                           400  allowances
    ├── AllowanceValueNotAllowedException               400
    ├── StudentExamAttemptAlreadyExistsException        400  attempts
    ├── StudentExamAttemptDoesNotExistsException        400
    ├── StudentExamAttemptedAlreadyStarted              400
    ├── StudentExamAttemptOnPastDueProctoredExam        400
    ├── ProctoredExamIllegalStatusTransition            400  state machine
    │   └── ProctoredExamNoTimeLeft                     400
    ├── ProctoredExamIllegalResumeUpdate                400
    ├── ProctoredExamPermissionDenied                   403
    ├── ProctoredExamSuspiciousLookup                   400  reviews
    ├── ProctoredExamReviewAlreadyExists                400
    ├── ProctoredExamBadReviewStatus                    400
    ├── ReviewNotUnderstood                             400
    ├── BackendProviderCannotRegisterAttempt            upstream  providers
    │   └── BackendProviderSentNoAttemptID              upstream
    ├── BackendProviderOnboardingException              400
    ├── BackendProviderOnboardingProfilesException      upstream
    ├── BackendProviderCannotRemoveAttempt              502
    │   └── BackendProviderRemovalNotConfirmed          502
    ├── BackendProviderCannotRetireUser                 400
    └── BackendProviderNotConfigured                    500

"upstream": the exception carries the status the provider answered with. What a browser is told
about a provider's failure is the HTTP layer's business (backends.md 10.3).
"""

from typing import Any, Final

# Longer answers of a provider are whole error pages; a log line or a `detail` needs their beginning only.
MAX_CONTENT_LENGTH: Final = 1024


def _readable(content: object) -> str:
    """Return a provider's answer as text: decoded, without surrounding space, cut to a bearable length."""
    if content is None:
        return ""
    if isinstance(content, (bytes, bytearray)):
        content = bytes(content).decode("utf-8", errors="replace")
    text = str(content).strip()
    if len(text) > MAX_CONTENT_LENGTH:
        text = text[: MAX_CONTENT_LENGTH - 1] + "…"
    return text


class ProctoredBaseException(Exception):
    """Base of all exceptions of this app.

    ``http_status``: int, what the HTTP layer answers; may be given per instance by keyword.
    """

    http_status: int = 400

    def __init__(self, *args: Any, http_status: int | None = None) -> None:
        if http_status is not None:
            self.http_status = http_status
        super().__init__(*args)


class ProctoredExamAlreadyExists(ProctoredBaseException):
    """An exam for this course and content exists already."""


class ProctoredExamNotFoundException(ProctoredBaseException):
    """No exam has this id, or this course and content."""


class ProctoredExamNotActiveException(ProctoredBaseException):
    """The exam exists but was switched off."""


class ProctoredExamReviewPolicyAlreadyExists(ProctoredBaseException):
    """The exam has a review policy already; there is one per exam."""


class ProctoredExamReviewPolicyNotFoundException(ProctoredBaseException):
    """The exam has no review policy."""


class UserNotFoundException(ProctoredBaseException):
    """No user has this username or e-mail address."""


class AllowanceValueNotAllowedException(ProctoredBaseException):
    """The value does not suit the kind of allowance."""


class StudentExamAttemptAlreadyExistsException(ProctoredBaseException):
    """The learner has an attempt at this exam that stands in the way of a new one."""


class StudentExamAttemptDoesNotExistsException(ProctoredBaseException):
    """No attempt has this id or code."""


class StudentExamAttemptedAlreadyStarted(ProctoredBaseException):
    """The attempt was started before."""


class StudentExamAttemptOnPastDueProctoredExam(ProctoredBaseException):
    """The due date of the proctored exam has passed."""


class ProctoredExamIllegalStatusTransition(ProctoredBaseException):
    """An attempt in its present status cannot go to the wanted one."""


class ProctoredExamNoTimeLeft(ProctoredExamIllegalStatusTransition):
    """The clock would start with less than a minute, so it does not start."""


class ProctoredExamIllegalResumeUpdate(ProctoredBaseException):
    """The resume flags of the attempt cannot be changed in this way."""


class ProctoredExamPermissionDenied(ProctoredBaseException):
    """The caller may not do this."""

    http_status = 403


class ProctoredExamSuspiciousLookup(ProctoredBaseException):
    """A review names an attempt that does not match the one it was sent for."""


class ProctoredExamReviewAlreadyExists(ProctoredBaseException):
    """The attempt was reviewed before, and reviews may not be updated."""


class ProctoredExamBadReviewStatus(ProctoredBaseException):
    """The verdict of a review is none of the known words."""


class ReviewNotUnderstood(ProctoredBaseException):
    """A review lacks something, or something in it is not of the right type; the text says what."""


class _ProviderReplyException(ProctoredBaseException):
    """A provider's answer was not what it should have been.

    Attributes: ``content``, the answer as it came; ``http_status`` and ``upstream_status``, the
    HTTP status that the provider answered with. ``str()`` is the readable beginning of the
    content. Survives pickling, which a task queue does to exceptions.
    """

    def __init__(self, content: Any, http_status: int) -> None:
        # Both stay in ``args``: pickling rebuilds an exception by calling its class with them.
        super().__init__(content, http_status, http_status=http_status)
        self.content = content

    @property
    def upstream_status(self) -> int:
        """The HTTP status of the provider's answer."""
        return self.http_status

    def __str__(self) -> str:
        return _readable(self.content)


class BackendProviderCannotRegisterAttempt(_ProviderReplyException):
    """The provider refused to register an attempt, or could not be asked."""


class BackendProviderSentNoAttemptID(BackendProviderCannotRegisterAttempt):
    """The provider accepted an attempt without saying how it calls it."""


class BackendProviderOnboardingProfilesException(_ProviderReplyException):
    """The provider did not hand out its onboarding profiles."""


class BackendProviderOnboardingException(ProctoredBaseException):
    """The provider refuses an attempt until the learner has been onboarded.

    ``status``: the ``onboarding_*`` attempt status that says what is missing.
    """

    def __init__(self, exam_status: str, *, http_status: int | None = None) -> None:
        super().__init__(exam_status, http_status=http_status)
        self.status = exam_status


class BackendProviderCannotRemoveAttempt(ProctoredBaseException):
    """The provider did not remove an attempt."""

    http_status = 502


class BackendProviderRemovalNotConfirmed(BackendProviderCannotRemoveAttempt):
    """The provider is healthy but did not confirm that it removed the attempt."""


class BackendProviderCannotRetireUser(ProctoredBaseException):
    """The provider did not delete a user's data."""


class BackendProviderNotConfigured(ProctoredBaseException):
    """The exam names a provider that this installation has no configuration for."""

    http_status = 500
