"""Attempts: a learner's own, and lists and resets for staff.

Contract: POST /v1/proctored_exam/attempt, PUT /v1/proctored_exam/attempt/{attempt_id},
PUT /v1/proctored_exam/attempt/{attempt_id}/review_status,
GET /v1/proctored_exam/attempt/grouped/course_id/{course_id},
DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, backends, conf
from edx_proctoring.api.attempts import closing_time, entry_check, last_contact, learner_actions, lookup, removal
from edx_proctoring.api.course_staff import attempt_list
from edx_proctoring.api.learner import mfe
from edx_proctoring.api.providers import attempt_id as attempt_id_at_provider
from edx_proctoring.exceptions import ProctoredExamPermissionDenied, StudentExamAttemptDoesNotExistsException
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import humanized_time
from edx_proctoring.views import paging
from edx_proctoring.views.base import ProctoredAPIView, caller
from edx_proctoring.views.error_responses import LOG
from edx_proctoring.views.etags import VOLATILE, unless_known
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.permissions import is_user_course_or_global_staff, require_course_or_global_staff
from edx_proctoring.views.request_body import body_of
from edx_proctoring.views.request_fields import is_true_in_query, is_yes, parse_id, required_id
from edx_proctoring.views.start_gates import refusal_to_start

User = get_user_model()


def own_attempt(request: Request, attempt_id: int, verb: str) -> dict[str, Any]:
    """Return the attempt if it belongs to the caller. Staff may not see other people's attempts here.

    Raises StudentExamAttemptDoesNotExistsException (400) and ProctoredExamPermissionDenied (403).
    """
    attempt = _find(request, attempt_id, verb)
    require_owner(attempt.pk, attempt.user_id, caller(request).id, verb)
    return attempt_dict(attempt)


def _find(request: Request, attempt_id: int, verb: str) -> Any:
    """Return the attempt as a model instance. Raises StudentExamAttemptDoesNotExistsException (400)."""
    try:
        return lookup.find_for(caller(request), attempt_id)
    except StudentExamAttemptDoesNotExistsException as error:
        # Clients compare the text.
        raise StudentExamAttemptDoesNotExistsException(
            f"Attempted to {verb} attempt_id={attempt_id} but it does not exist."
        ) from error


def require_owner(attempt_id: int, owner_id: int, user_id: int, verb: str) -> None:
    """Raise ProctoredExamPermissionDenied unless the attempt is this user's."""
    if owner_id != user_id:
        raise ProctoredExamPermissionDenied(
            f"Attempted to {verb} attempt_id={attempt_id} but does not have access to it."
        )


class StudentProctoredExamAttempt(ProctoredAPIView):
    """One attempt. Contract: PUT /v1/proctored_exam/attempt/{attempt_id}.

    GET: the owner. Every client polls it.
    PUT: the owner; also course staff, to let a learner resume.
    DELETE: course staff.
    """

    def get(self, request: Request, attempt_id: int) -> Response:
        """Return the attempt with the remaining time, as seconds and in words."""
        attempt = own_attempt(request, attempt_id, "get")
        if Status.is_in_progress_status(attempt["status"]):
            last_contact.note(attempt_id)
        provider = backends.find_backend_provider(attempt["proctored_exam"])
        attempt["external_id"] = attempt_id_at_provider.shown_to_learner(attempt["external_id"], provider)
        closes_at = closing_time.closes_at(attempt)
        seconds = closing_time.seconds_left(closes_at)
        attempt["time_remaining_seconds"] = seconds
        attempt["accessibility_time_string"] = _time_left_in_words(seconds)
        # A deadline stays right while a browser tab sleeps; a number of seconds does not
        # (contract/timing#deadline-in-answers).
        attempt["expires_at"] = closes_at
        attempt["server_time"] = timezone.now()
        return unless_known(request, Response(attempt), VOLATILE)

    def put(self, request: Request, attempt_id: int) -> Response:
        """Perform ``action`` (``learner_actions.ACTIONS``)."""
        # Before the body is read: an unknown id answers 400 even with an unreadable body.
        attempt = _find(request, attempt_id, "update")
        body = body_of(request)
        action = body.get("action")
        acting_user_id, staff = self._acts_for(attempt, action, body.get("user_id"))
        require_owner(attempt.pk, attempt.user_id, acting_user_id, "update")
        if not isinstance(action, str) or action not in learner_actions.ACTIONS:
            raise ParseError(f"Unknown action. Known actions: {', '.join(learner_actions.ACTIONS)}.")
        if action == learner_actions.START:
            data = attempt_dict(attempt)
            refused = refusal_to_start(request, data["proctored_exam"], data)
            if refused is not None:
                return refused
        asked = learner_actions.ActionRequest(
            attempt,
            requesting_user=request.user,
            detail=str(body.get("detail") or ""),
            by=staff,
        )
        changed_id = learner_actions.perform_action(action, asked)
        # Clients test the id for truth: with false they do not fetch the attempt again.
        return Response({"exam_attempt_id": False if changed_id is None else changed_id})

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, attempt_id: int) -> Response:
        """Remove the attempt, at the provider first. If the provider fails, answer 502 and change nothing.

        A provider that is not configured any more is told later. contract/effects#provider-gone.
        """
        return _removed(removal.remove(attempt_id, request.user, by=request.user).waits_for_provider)

    def _acts_for(self, attempt: Any, action: Any, user_id: Any) -> tuple[int, Any]:
        """Return the user for whom the caller acts, and the caller if they act as staff, else None.

        Only staff who let a user resume may name one. Raises ProctoredExamPermissionDenied (403).
        """
        user = caller(self.request)
        resumes = action == learner_actions.MARK_READY_TO_RESUME
        if not user_id and not (resumes and not conf.proctoring.learner_may_resume):
            return user.pk, None
        if not resumes or not is_user_course_or_global_staff(user, attempt.proctored_exam.course_id):
            raise ProctoredExamPermissionDenied(
                f"Attempted to update attempt_id={attempt.pk}, which is for the course team only."
            )
        return parse_id(user_id, "user_id") if user_id else user.pk, user


def _removed(waits_for_provider: bool) -> Response:
    """Return the answer to a reset; its body is empty unless the provider is still to be told."""
    if not waits_for_provider:
        return Response()
    return Response(
        {
            "detail": _(
                "The attempt was removed. Its proctoring service could not be notified; see the recorded effects."
            )
        }
    )


def _time_left_in_words(seconds: float) -> str:
    if seconds < 60:
        return _("you have less than a minute remaining")
    return _("you have {remaining_time} remaining").format(remaining_time=humanized_time(int(round(seconds / 60.0, 0))))


class StudentProctoredExamAttemptCollection(ProctoredAPIView):
    """The caller's attempts. Contract: POST /v1/proctored_exam/attempt.

    GET: the caller's running exam, for the timer in the courseware.
    POST: enter an exam.
    """

    def get(self, request: Request) -> Response:
        """Return the data of the running attempt; two falses without one."""
        data = mfe.active_attempt_data(caller(request), is_learning_mfe=False)
        if data:
            last_contact.note(data["attempt_id"])
        return Response(data or {"in_timed_exam": False, "is_proctored": False})

    @idempotent
    def post(self, request: Request) -> Response:
        """Create an attempt, and start it if the body says so. A user in the body is ignored.

        ``automatic``: the page has sent this by itself, so no clock may start (contract/exam-buttons#enter-again).
        """
        body = body_of(request)
        start_clock = is_yes(body.get("start_clock", "false"))
        take_as_proctored = is_yes(body.get("attempt_proctored", "false"))
        learner = caller(request)
        entry = entry_check.look_up(required_id(body, "exam_id"), learner.id, user=learner)
        if entry.is_provider_out and not start_clock and is_yes(body.get("automatic", "false")):
            # The learner pressed the button before the outage: the page asks again, and says that the clock starts.
            raise ParseError("The exam would start now. Reload the page and start it there.")
        # Without its provider, an attempt starts at once.
        if start_clock or entry.is_provider_out:
            refused = refusal_to_start(request, entry.exam_dict, None, asks_provider=not entry.is_provider_out)
            if refused is not None:
                return refused
        attempt_id = learner_actions.create_attempt_for_learner(
            entry, take_as_proctored=take_as_proctored, start_clock=start_clock
        )
        return Response({"exam_attempt_id": attempt_id})


class ProctoredExamAttemptReviewStatus(ProctoredAPIView):
    """Acknowledgement of the result, after which the learner sees the exam instead.

    Contract: PUT /v1/proctored_exam/attempt/{attempt_id}/review_status.

    PUT: the owner.
    """

    def put(self, request: Request, attempt_id: int) -> Response:
        """Store it; 404 where exams are not shown after their due date."""
        if not conf.proctoring.content_viewable_past_due:
            return Response(
                status=status.HTTP_404_NOT_FOUND,
                data={"detail": _("Cannot update the review status of an exam attempt.")},
            )
        own_attempt(request, attempt_id, "update")
        api.update_exam_attempt(attempt_id, is_status_acknowledged=True)
        return Response()


class StudentProctoredGroupedExamAttemptsByCourse(ProctoredAPIView):
    """The newest attempt per learner and exam of a course.

    Contract: GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}.

    GET: course staff.
    """

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str, search_by: str | None = None) -> Response:
        """Return one page of attempts, each with all attempts of the same learner and exam."""
        query = request.query_params
        page = attempt_list.current_attempts_page(
            course_id,
            page=paging.requested_page(request),
            page_size=paging.requested_page_size(request),
            search_by=search_by,
            exam_id=parse_id(query["exam_id"], "exam_id") if query.get("exam_id") else None,
            status=query.get("status"),
            ordering=query.get("ordering", "-created"),
        )
        name, arguments = "proctored_exam.attempts.grouped.course", [course_id]
        if search_by is not None:
            name, arguments = "proctored_exam.attempts.grouped.search", [course_id, search_by]
        return Response(
            {
                "proctored_exam_attempts": page.object_list,
                "pagination_info": {
                    "has_previous": page.has_previous(),
                    "has_next": page.has_next(),
                    "current_page": page.number,
                    "total_pages": page.paginator.num_pages,
                },
                "attempt_url": reverse(f"edx_proctoring:{name}", args=arguments),
            }
        )


class StudentProctoredExamResetAttempts(ProctoredAPIView):
    """All attempts of one learner at one exam.

    Contract: DELETE /v1/proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts.

    DELETE: course staff. Query ``force``, for global staff: remove them here even if the provider fails.
    """

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, exam_id: str, user_id: str) -> Response:
        """Remove them one by one. After a 502 those removed stay removed, so the request can be repeated."""
        force = is_true_in_query(request.query_params.get("force"))
        if force and not request.user.is_staff:
            raise ProctoredExamPermissionDenied("Only global staff may reset an attempt without its provider.")
        attempts = api.get_user_attempts_by_exam_id(parse_id(user_id, "user_id"), parse_id(exam_id, "exam_id"))
        if not attempts:
            # A bare string: clients compare it.
            return Response(status=status.HTTP_404_NOT_FOUND, data=_("No attempts to reset for this learner."))
        waits_for_provider = False
        for attempt in attempts:
            try:
                removed = removal.remove(
                    attempt["id"], request.user, require_backend_removal=not force, by=request.user
                )
            except StudentExamAttemptDoesNotExistsException:
                # Removed by a concurrent request, such as a second click: the request has succeeded.
                continue
            waits_for_provider = waits_for_provider or removed.waits_for_provider
            if force:
                LOG.warning(
                    "attempt reset without asking its provider to confirm: attempt_id=%s exam_id=%s user_id=%s by=%s",
                    attempt["id"],
                    exam_id,
                    user_id,
                    request.user.id,
                )
        return _removed(waits_for_provider)
