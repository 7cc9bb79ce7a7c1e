"""Every cell of the table of what a learner may do, sent over REST. Contract: contract/learner-actions#table."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import runtime
from edx_proctoring.api.lifecycle import permitted_actions
from edx_proctoring.api.lifecycle.permitted_actions import Action, Facts, Kind, Outcome
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockInstructorService
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("learner-actions#table", "learner-actions#decline", "learner-actions#repeated"),
]

COLLECTION: Final = "/edx_proctoring/v1/proctored_exam/attempt"
LETTERS: Final = {
    "D": Outcome.DONE,
    "-": Outcome.UNCHANGED,
    "i": Outcome.IGNORED,
    "R": Outcome.REFUSED,
    "F": Outcome.FORBIDDEN,
    "?": Outcome.ASKED,
}
# The columns of the grids, in the order of ``Action``: enter, enter without proctoring, click_download_software,
# start, stop, submit, decline, error, reset_attempt, mark_ready_to_resume, launch, launch confirmed.
TIMED: Final = """
no attempt                 D D . . . . . . . . . .
eligible                   R R D D D D D D R R - -
created                    R R D D D D D D R R D D
download_software_clicked  R R - D D D D D R R D D
ready_to_start             R R - D D D D D R R - -
started                    R R - R D D R D R R ? D
ready_to_submit            R R - D - D R D R R ? D
declined                   D D R R R - - i R R - -
timed_out                  R R R R R - R i R R - -
submitted                  R R R R R - R i R R - -
second_review_required     R R R R R - R i R R - -
verified                   R R R R R - R i R R - -
rejected                   R R R R R - R i R R - -
error                      R R R R R - R i R D - -
expired                    R R R R R - R i R R - -
onboarding_reset           R R R R R R R R R R - -
onboarding_missing         D D R R R R D i R R - -
onboarding_pending         D D R R R R D i R R - -
onboarding_failed          D D R R R R D i R R - -
onboarding_expired         D D R R R R D i R R - -
"""
# As a timed exam, but for attempts that only an exam that is timed by now replaces.
PROCTORED: Final = re.sub(r"^(declined|onboarding_\w+)( +)D D", r"\1\2R R", TIMED, flags=re.MULTILINE)
REPEATABLE: Final = """
no attempt                 D D . . . . . . . . . .
eligible                   D D D D D D D D R R - -
created                    D D D D D D D D R R D D
download_software_clicked  D D - D D D D D R R D D
ready_to_start             D D - D D D D D R R - -
started                    D D - R D D R D R R ? D
ready_to_submit            D D - D - D R D R R ? D
declined                   D D R R R - - i D R - -
timed_out                  D D R R R - R i D R - -
submitted                  D D R R R - R i D R - -
second_review_required     D D R R R - R i D R - -
verified                   D D R R R - R i R R - -
rejected                   D D R R R - R i D R - -
error                      D D R R R - R i D D - -
expired                    D D R R R - R i D R - -
onboarding_reset           D D R R R R R R D R - -
onboarding_missing         D D R R R R D i D R - -
onboarding_pending         D D R R R R D i D R - -
onboarding_failed          D D R R R R D i D R - -
onboarding_expired         D D R R R R D i D R - -
"""
GRIDS: Final = {
    Kind.TIMED: TIMED,
    Kind.PROCTORED: PROCTORED,
    Kind.PRACTICE: REPEATABLE,
    Kind.ONBOARDING: REPEATABLE,
}

# What the status becomes where the action is done. Releasing an attempt leaves its status.
BECOMES: Final = {
    Action.CLICK_DOWNLOAD: S.download_software_clicked,
    Action.START: S.started,
    Action.STOP: S.ready_to_submit,
    Action.SUBMIT: S.submitted,
    Action.DECLINE: S.declined,
    Action.ERROR: S.error,
    Action.RELEASE: S.error,
}
ENTERING: Final = (Action.ENTER, Action.ENTER_WITHOUT_PROCTORING)
LAUNCHES: Final = (Action.LAUNCH, Action.CONFIRMED_LAUNCH)


def base_cells() -> Iterator[tuple[Action, Facts, Outcome]]:
    """The cells of the grids: opting out is allowed, the provider need not report readiness."""
    for kind, grid in GRIDS.items():
        for line in grid.strip().splitlines():
            words, letters = line[:27].strip(), line[27:].split()
            status = None if words == "no attempt" else words
            for action, letter in zip(Action, letters, strict=True):
                if letter != ".":
                    yield action, Facts(status, kind), LETTERS[letter]


def cells() -> Iterator[Any]:
    """All cells, with those in which the two other facts make a difference."""
    for action, facts, outcome in base_cells():
        variants = [(facts, outcome)]
        opts_out = action in (Action.DECLINE, Action.ENTER_WITHOUT_PROCTORING)
        if opts_out:
            is_forbidden = facts.kind is Kind.PROCTORED and outcome is Outcome.DONE
            variants.append((replace(facts, may_opt_out=False), Outcome.FORBIDDEN if is_forbidden else outcome))
        if action in (Action.START, Action.STOP):
            waits_in = {S.eligible, S.created, S.download_software_clicked}
            waits_in |= {S.ready_to_start} if action is Action.STOP else set()
            waits = facts.kind is not Kind.TIMED and facts.status in waits_in
            variants.append((replace(facts, needs_ready=True), Outcome.REFUSED if waits else outcome))
        for facts_, outcome_ in variants:
            flags = ("" if facts_.may_opt_out else "-no-opt-out") + ("-needs-ready" if facts_.needs_ready else "")
            name = f"{facts_.kind.value}-{facts_.status or 'none'}-{action.value}{flags}".replace(" ", "-")
            yield pytest.param(action, facts_, outcome_, id=name)


ALL_CELLS: Final = list(cells())
REST_CELLS: Final = [cell for cell in ALL_CELLS if cell.values[0] not in LAUNCHES]


class Host(MockInstructorService):
    """An instructor service that says whether learners may opt out."""

    may_opt_out = True

    def is_proctoring_opt_out_allowed(self, course_id: str) -> bool:
        return self.may_opt_out


@pytest.fixture
def host(all_services: Any) -> Host:
    """The host's service, registered."""
    service = Host()
    runtime.set_runtime_service("instructor", service)
    return service


@pytest.fixture
def in_situation(
    host: Host, backends_registry: dict[str, Any], learner: User, settings: Any
) -> Callable[[Facts], tuple[ProctoredExam, ProctoredExamStudentAttempt | None]]:
    """Make the exam and the attempt that the facts describe."""

    def make(facts: Facts) -> tuple[ProctoredExam, ProctoredExamStudentAttempt | None]:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LEARNER_MAY_RESUME": True}
        host.may_opt_out = facts.may_opt_out
        for name in ("test", "null"):
            backends_registry[name].requires_ready = facts.needs_ready
        exam = factories.make_exam(facts.kind.value)
        if facts.status is None:
            return exam, None
        flags = {"is_resumable": facts.status == S.error, "ready_to_resume": facts.is_released}
        return exam, factories.make_attempt(exam, learner, facts.status, **flags)

    return make


def everything(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    """All fields as they are in the database."""
    return dict(ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).values().get())


@pytest.mark.parametrize(("action", "facts", "outcome"), ALL_CELLS)
def test_cell_of_the_table(action: Action, facts: Facts, outcome: Outcome) -> None:
    if action is Action.ENTER_WITHOUT_PROCTORING and facts.kind is Kind.TIMED:
        # There is nothing to opt out of, so every POST is looked up as this.
        action = Action.ENTER
    rule = permitted_actions.find_rule(action, facts)
    assert rule.outcome is outcome
    assert bool(rule.reason) is (outcome in (Outcome.REFUSED, Outcome.FORBIDDEN))
    assert bool(rule.becomes) is (outcome is Outcome.DONE)


@pytest.mark.parametrize(("action", "facts", "outcome"), [c for c in REST_CELLS if c.values[0] not in ENTERING])
def test_action_over_rest(
    learner_client: APIClient,
    in_situation: Callable[..., Any],
    events: list[Any],
    action: Action,
    facts: Facts,
    outcome: Outcome,
) -> None:
    _exam, attempt = in_situation(facts)
    before = everything(attempt)

    response = learner_client.put(
        reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk]), {"action": action.value}, format="json"
    )

    codes = {Outcome.REFUSED: 400, Outcome.FORBIDDEN: 403}
    assert response.status_code == codes.get(outcome, 200), response.data
    if outcome is not Outcome.DONE:
        assert everything(attempt) == before
        assert events == []
        if outcome is Outcome.IGNORED:
            assert response.data == {"exam_attempt_id": False}
        elif outcome is Outcome.UNCHANGED:
            assert response.data == {"exam_attempt_id": attempt.pk}
        else:
            assert list(response.data) == ["detail"]
    elif action is Action.RESET:
        new = ProctoredExamStudentAttempt.objects.get(pk=response.data["exam_attempt_id"])
        assert (new.pk != attempt.pk, new.status) == (True, S.created)
        old = ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).values_list("status", flat=True)
        assert list(old) == ([] if facts.status == S.submitted else [S.onboarding_reset])
    else:
        assert response.data == {"exam_attempt_id": attempt.pk}
        assert everything(attempt)["status"] == BECOMES[action]


@pytest.mark.parametrize(
    ("action", "facts", "outcome"),
    [
        *[cell for cell in REST_CELLS if cell.values[0] in ENTERING],
        *[
            pytest.param(action, Facts(S.error, kind, may_opt_out=may, is_released=True), outcome, id=name)
            for action, kind, may, outcome, name in [
                (Action.ENTER, Kind.TIMED, True, Outcome.DONE, "timed-released"),
                (Action.ENTER, Kind.PROCTORED, True, Outcome.DONE, "proctored-released"),
                (Action.ENTER_WITHOUT_PROCTORING, Kind.PROCTORED, True, Outcome.DONE, "opt-out-released"),
                (Action.ENTER_WITHOUT_PROCTORING, Kind.PROCTORED, False, Outcome.FORBIDDEN, "no-opt-out-released"),
            ]
        ],
    ],
)
def test_entering_over_rest(
    learner_client: APIClient,
    in_situation: Callable[..., Any],
    action: Action,
    facts: Facts,
    outcome: Outcome,
) -> None:
    exam, former = in_situation(facts)
    before = None if former is None else everything(former)

    body = {"exam_id": exam.pk, "attempt_proctored": "true" if action is Action.ENTER else "false"}
    response = learner_client.post(COLLECTION, body, format="json")

    codes = {Outcome.REFUSED: 400, Outcome.FORBIDDEN: 403}
    assert response.status_code == codes.get(outcome, 200), response.data
    if facts.kind is Kind.ONBOARDING and facts.status in S.onboarding_errors:
        # Declining an onboarding exam removes the attempts that waited for it, and this unreal one with them.
        return
    count = 0 if former is None else 1
    if outcome is Outcome.DONE:
        new = ProctoredExamStudentAttempt.objects.get(pk=response.data["exam_attempt_id"])
        opted_out = action is Action.ENTER_WITHOUT_PROCTORING and facts.kind is not Kind.TIMED
        assert new.status == (S.declined if opted_out else S.created)
        count += 1
    assert ProctoredExamStudentAttempt.objects.count() == count
    if former is not None and not facts.is_released:
        assert everything(former) == before


def test_every_row_of_the_table_decides_a_cell() -> None:
    decided = [permitted_actions.find_rule(action, facts) for action, facts, _outcome in base_cells()]
    decided += [permitted_actions.find_rule(*cell.values[:2]) for cell in ALL_CELLS]
    for action in ENTERING:
        for may_opt_out in (True, False):
            facts = Facts(S.error, Kind.PROCTORED, may_opt_out=may_opt_out, is_released=True)
            decided.append(permitted_actions.find_rule(action, facts))
    assert [rule for rule in permitted_actions.RULES if rule not in decided] == []


# Opting out


@pytest.mark.contract("learner-actions#opting-out")
def test_host_without_the_method_lets_learners_decline(
    learner_client: APIClient, learner: User, all_services: Any
) -> None:
    attempt = factories.make_attempt(user=learner)
    path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    assert learner_client.put(path, {"action": "decline"}, format="json").status_code == 200


@pytest.mark.contract("learner-actions#opting-out")
def test_learner_cannot_decline_while_the_method_of_the_host_fails(
    learner_client: APIClient, learner: User, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = factories.make_attempt(user=learner)
    path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])

    def fail(course_id: str) -> bool:
        raise RuntimeError("the course cannot be read")

    monkeypatch.setattr(host, "is_proctoring_opt_out_allowed", fail)
    assert learner_client.put(path, {"action": "decline"}, format="json").status_code == 403
    monkeypatch.undo()
    assert learner_client.put(path, {"action": "decline"}, format="json").status_code == 200


# Waiting for the provider


@pytest.mark.contract("learner-actions#ready-first")
@pytest.mark.parametrize(("needs_ready", "status"), [(True, S.created), (False, S.started)])
def test_start_clock_does_not_start_an_attempt_whose_provider_must_report_first(
    learner_client: APIClient, learner: User, all_services: Any, test_backend: Any, needs_ready: bool, status: str
) -> None:
    test_backend.requires_ready = needs_ready
    body = {"exam_id": factories.make_exam().pk, "start_clock": "true", "attempt_proctored": "true"}
    response = learner_client.post(COLLECTION, body, format="json")
    assert response.status_code == 200
    assert ProctoredExamStudentAttempt.objects.get(pk=response.data["exam_attempt_id"]).status == status


@pytest.mark.contract("learner-actions#ready-first")
def test_attempt_is_started_after_the_provider_reported(
    learner_client: APIClient, staff_client: APIClient, learner: User, all_services: Any, test_backend: Any
) -> None:
    test_backend.requires_ready = True
    attempt = factories.make_attempt(user=learner, external_id="vendor-1")
    path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    assert learner_client.put(path, {"action": "start"}, format="json").status_code == 400
    ready = reverse("edx_proctoring:proctored_exam.attempt.ready_callback", args=["vendor-1"])
    assert staff_client.post(ready).status_code == 200
    assert learner_client.put(path, {"action": "start"}, format="json").status_code == 200


# Resuming


@pytest.mark.contract("learner-actions#resume")
@pytest.mark.parametrize(("is_staff", "code"), [(False, 403), (True, 200)])
def test_by_default_only_staff_release_their_own_attempt(
    client_of: Callable[..., APIClient], all_services: Any, is_staff: bool, code: int
) -> None:
    runtime.set_runtime_service("instructor", MockInstructorService(is_user_course_staff=False))
    user = factories.make_user(is_staff=is_staff)
    attempt = factories.make_attempt(user=user, status=S.error, is_resumable=True)
    path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    assert client_of(user).put(path, {"action": "mark_ready_to_resume"}, format="json").status_code == code


# A timed exam is never open without a running clock


@pytest.mark.contract("learner-actions#timed")
def test_learner_who_opted_out_takes_the_exam_when_it_is_timed_by_now(
    learner_client: APIClient, learner: User, all_services: Any
) -> None:
    exam = factories.make_exam()
    body = {"exam_id": exam.pk, "start_clock": "false", "attempt_proctored": "false"}
    opted_out = learner_client.post(COLLECTION, body, format="json").data["exam_attempt_id"]
    exam.is_proctored = False
    exam.save()

    shown = learner_client.get(f"{COLLECTION}/course_id/{exam.course_id}?content_id={exam.content_id}").data["exam"]
    assert (shown["attempt"], shown["total_time"]) == ({}, "1 hour and 30 minutes")
    response = learner_client.post(COLLECTION, {**body, "start_clock": "true"}, format="json")
    assert response.status_code == 200

    new = ProctoredExamStudentAttempt.objects.get(pk=response.data["exam_attempt_id"])
    assert (new.pk != opted_out, new.status, new.allowed_time_limit_mins) == (True, S.started, 90)
    # The clock runs, so the exam cannot be entered a third time.
    assert learner_client.post(COLLECTION, body, format="json").status_code == 400
