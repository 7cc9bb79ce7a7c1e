"""Are the answers of REST version 1 to the course team the same, byte for byte, as at a commit?

``python -m bench.compare.answers`` compares the working tree's answers with the recorded ones;
``python -m bench.compare.answers --record REF`` lets a commit answer and records that. Both versions fill a database of
their own with the same course, at a time that stands still. The requests are sent twice, then once more after attempts
were made, changed and removed, so that what is kept in a cache is compared as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.compare import trees
from bench.compare.results import NEW

RECORDED = Path(__file__).with_name("recorded_answers.json")
NOW = "2026-03-01T09:00:00Z"
LEARNERS = 70
ANSWER = "answers"
# Exactly these members of a row are newer than the recorded answers (docs/contract/staff-tab.rst).
ADDED_MEMBERS = ("error_reported_at", "seconds_left_at_error")

Answers = dict[str, list[Any]]


def requests() -> Iterator[str]:
    """Yield the paths that the course team's pages, and scripts, request."""
    from bench.course import COURSE

    v1 = "/edx_proctoring/v1"
    grouped = f"{v1}/proctored_exam/attempt/grouped/course_id/{COURSE}"
    pages = ("", "page=2", "page=2%20", "page=0", "page=-1", "page=x", "page=999", "page_size=7&page=3", "page_size=0")
    statuses = ("submitted", "rejected", "error", "started", "created", "no%20such%20status", "")
    for page in pages:
        yield f"{grouped}?{page}"
        yield f"{grouped}/search/learner1?{page}"
        for status in statuses:
            yield f"{grouped}?status={status}&{page}"
    for ordering, status in product(("created", "-username", "exam_name", "-status", "started_at", "x"), statuses):
        yield f"{grouped}?ordering={ordering}&status={status}&page_size=10&page=2"
    for exam, status in product((1, 2, 3, 4, 99), statuses):
        yield f"{grouped}?exam_id={exam}&status={status}"
    for text, status in product(("learner2", "LEARNER2", "@example", "nobody", "%25"), statuses):
        yield f"{grouped}/search/{text}?status={status}"
    onboarding = f"{v1}/user_onboarding/status/course_id/{COURSE}"
    filters = ("", *statuses, "not_started", "setup_started", "verified", "verified,submitted", "other_course_approved")
    for page, words in product(pages, (*filters, "not_started,rejected,x", "onboarding_reset_past_due", ",")):
        yield f"{onboarding}?statuses={words}&{page}"
        yield f"{onboarding}?statuses={words}&text_search=learner1&{page}"
    for path in ("allowance", "grouped/allowance"):
        yield f"{v1}/proctored_exam/{COURSE}/{path}"
    yield f"{v1}/proctored_exam/exam/course_id/{COURSE}"
    for attempt_id in (1, 40, 130, 9999):
        yield f"{v1}/proctored_exam/attempt/{attempt_id}"
    yield f"{v1}/user_onboarding/status?course_id={quote(COURSE)}&username=learner3"


def all_answers() -> Answers:
    """Fill the course and send the requests. Return status and body by round and path."""
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection
    from freezegun import freeze_time

    from bench import course
    from bench.caller import Caller
    from bench.compare import host

    with freeze_time(NOW):
        host.install()
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            filled = course.fill(LEARNERS, exams=4, allowances=20)
            _add_what_is_rare(filled)
            settings.ALLOWED_HOSTS = ["testserver"]
            staff = Caller(filled.staff)
            answers: Answers = {}
            for number in (1, 2, 3):
                if number == 3:
                    _change(staff, filled)
                for path in requests():
                    answer = staff.ask(path)
                    answers[f"{number} {path}"] = [answer.status, answer.body.decode()]
            cache.clear()
            return answers
        finally:
            connection.creation.destroy_test_db(verbosity=0)


def _add_what_is_rare(filled: Any) -> None:
    """Several attempts of one learner in every order, attempts that were reset, and verifications elsewhere."""
    from django.contrib.auth import get_user_model

    from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

    learners = list(get_user_model().objects.filter(username__startswith="learner").order_by("pk"))
    elsewhere = ProctoredExam.objects.create(
        course_id="course-v1:Bench+OTHER+2026",
        content_id="block-v1:Bench+OTHER+2026+type@sequential+block@onboarding",
        exam_name="Onboarding",
        time_limit_mins=10,
        is_proctored=True,
        is_practice_exam=True,
        is_active=True,
        backend="test",
    )
    words = ("onboarding_reset", "created", "onboarding_reset", "submitted", "rejected", "verified", "error")
    rows = []
    for number, user in enumerate(learners[:40]):
        for turn in range(number % 4):
            rows.append(_rare_attempt(filled.onboarding, user, words[(number + 3 * turn) % len(words)], number, turn))
            rows.append(_rare_attempt(filled.timed, user, words[(number + 2 * turn) % len(words)], number, turn))
    rows += [_rare_attempt(elsewhere, user, "verified", 1, 0) for user in learners[::6]]
    ProctoredExamStudentAttempt.objects.bulk_create(rows)


def _rare_attempt(exam: Any, user: Any, status: str, number: int, turn: int) -> Any:
    from django.utils import timezone

    from edx_proctoring.models import ProctoredExamStudentAttempt

    moment = timezone.now() - timedelta(minutes=(number * 37 + turn * 11) % 90)
    return ProctoredExamStudentAttempt(
        created=moment - timedelta(days=(number + turn) % 3),
        modified=moment,
        user=user,
        proctored_exam=exam,
        status=status,
        attempt_code=f"RARE-{exam.pk}-{user.pk}-{turn}",
        taking_as_proctored=exam.is_proctored,
        is_sample_attempt=exam.is_practice_exam,
    )


def _change(staff: Any, filled: Any) -> None:
    """Make, change and remove some attempts, as a host and the REST API do."""
    from edx_proctoring import api
    from edx_proctoring.models import ProctoredExamStudentAttempt

    of_course = ProctoredExamStudentAttempt.objects.filter(proctored_exam__course_id=filled.final.course_id)
    ordered = of_course.order_by("pk")
    for attempt in ordered.filter(status="submitted", proctored_exam=filled.onboarding)[:3]:
        api.update_attempt_status(attempt.pk, "rejected")
    for attempt in ordered.filter(status="started", proctored_exam=filled.onboarding)[:2]:
        api.update_attempt_status(attempt.pk, "submitted")
    for attempt in ordered.filter(status="started", proctored_exam=filled.final)[:3]:
        api.update_attempt_status(attempt.pk, "submitted")
    for attempt in ordered.filter(attempt_code__startswith="RARE", status="submitted")[:2]:
        api.update_attempt_status(attempt.pk, "second_review_required")
    for attempt in ordered.filter(status="rejected")[::9]:
        staff.send("DELETE", f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.pk}")
    for attempt in ordered.filter(status="created")[:3]:
        _rare_attempt(filled.timed, attempt.user, "submitted", attempt.pk, 9).save()


def answers_of(folder: Path, kind: str) -> Answers:
    """Let the version in a folder answer, in a process of its own. Raises CalledProcessError."""
    environment = trees.environment(folder, step=ANSWER, kind=kind, label=ANSWER, learners=LEARNERS, seed=0)
    command = [sys.executable, "-P", "-m", "bench.compare.worker"]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    found: Answers = json.loads(done.stdout)
    return found


def _hashed(answers: Answers) -> dict[str, str]:
    """Return status, length and hash of each answer, which is enough to see that two are the same."""
    return {
        path: f"{status} {len(body)} {sha256(body.encode()).hexdigest()[:32]}"
        for path, (status, body) in answers.items()
    }


def _as_recorded(answer: list[Any]) -> list[Any]:
    """Return an answer without the members that were added to rows since."""
    if not any(f'"{name}"' in answer[1] for name in ADDED_MEMBERS):
        return answer
    body = json.loads(answer[1])
    for row in body["proctored_exam_attempts"]:
        for attempt in (row, *row["all_attempts"]):
            for name in ADDED_MEMBERS:
                attempt.pop(name, None)
    # As DRF writes it.
    return [answer[0], json.dumps(body, ensure_ascii=False, separators=(",", ":"))]


def main(arguments: list[str] | None = None) -> int:
    """Record or compare. Returns the exit code: 1 if an answer differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare.answers", description=__doc__)
    parser.add_argument("--record", metavar="REF", help="record the answers of this commit instead")
    parser.add_argument(
        "--database", choices=("sqlite", "mysql", "postgres"), default=os.environ.get("EDX_PROCTORING_DB", "sqlite")
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-answers-") as temporary:
        folder = Path(temporary) / NEW
        if options.record:
            commit = trees.commit_of(options.record)
            found = answers_of(trees.copy_commit(commit, folder), options.database)
            RECORDED.write_text(json.dumps({"commit": commit, "answers": _hashed(found)}, indent=0) + "\n", "utf-8")
            print(f"{len(found)} answers of {commit[:12]} recorded")
            return 0
        found = answers_of(trees.copy_working_tree(folder), options.database)
    recorded = json.loads(RECORDED.read_text("utf-8"))
    now = _hashed({path: _as_recorded(answer) for path, answer in found.items()})
    different = sorted(
        path for path in recorded["answers"].keys() | now.keys() if recorded["answers"].get(path) != now.get(path)
    )
    print(f"{len(found)} answers, {len(different)} differ from those of {recorded['commit'][:12]}")
    for path in different:
        print(f"  {path}\n    {found.get(path, ['none', ''])[1][:300]}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
