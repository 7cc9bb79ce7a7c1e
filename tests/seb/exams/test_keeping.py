"""How long rows are kept, what a retirement removes, and what checks of exams leave in the audit log."""

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.dispatch import Signal
from django.utils import timezone

from seb_openedx import access_log, handlers, user_banning
from seb_openedx.audit_models import Decision, SebAccessLog, SebBanState
from seb_openedx.exam_models import SebChallenge, SebConfigTemplate, SebExamConfiguration, SebSession, SebStartToken
from seb_openedx.models import ForbiddenCourseAccess
from seb_openedx.retirement import retire_user
from tests.seb.app.conftest import COURSE, COURSE_KEY, block
from tests.seb.exams.conftest import EXAM, JUMP, PAGE, answer, launch_link

pytestmark = pytest.mark.django_db


def in_log() -> list[tuple[str, str]]:
    return list(SebAccessLog.objects.order_by("pk").values_list("decision", "reason"))


@pytest.mark.contract("seb-audit#tables")
def test_the_first_proof_of_a_session_is_a_row_and_the_next_is_none(require, browser, mac, learner):
    require()
    answer(mac, mac.follow(launch_link(browser)))
    assert in_log() == [("granted", "")]
    entry = SebAccessLog.objects.get()
    assert (entry.username, entry.content_id, entry.course_id) == (learner.username, EXAM, COURSE_KEY)
    mac.get(PAGE, HTTP_SEC_FETCH_DEST="iframe")
    assert in_log() == [("granted", "")]


@pytest.mark.contract("seb-audit#what-counts")
def test_a_look_at_the_exam_in_another_browser_is_no_refusal(require, browser, settings):
    settings.SEB_USER_BANNING_ENABLED = True
    require()
    assert browser.get(JUMP, HTTP_ACCEPT="text/html").status_code == 403
    assert in_log() == []
    assert not ForbiddenCourseAccess.objects.exists()


@pytest.mark.contract("seb-audit#what-counts")
def test_a_wrong_key_for_an_exam_counts_towards_a_ban(require, browser, settings):
    settings.SEB_USER_BANNING_ENABLED = True
    require()
    browser.get(PAGE, HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH="0" * 64)
    assert ForbiddenCourseAccess.objects.get().username == "ann"
    assert in_log() == [("banned", ""), ("refused", "config_key_mismatch")]


@pytest.mark.contract("seb-audit#log")
def test_a_wrong_file_is_a_refusal_with_the_key_that_would_do(require, browser):
    key = require().config_key
    browser.get(PAGE, HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH="0" * 64)
    entry = SebAccessLog.objects.get()
    assert (entry.reason, entry.content_id) == ("config_key_mismatch", EXAM)
    assert entry.expected_prefixes["config_keys"] == [key[:7]]


@pytest.mark.contract("seb-audit#log")
def test_of_a_block_that_may_belong_to_several_exams_all_their_keys_are_told(require, browser):
    keys = [require().config_key, require(content_id=block("sequence", 2), settings={"max_displays": 2}).config_key]
    browser.get(f"/xblock/{block('vertical', 9)}", HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH="0" * 64)
    entry = SebAccessLog.objects.get()
    assert (entry.reason, entry.content_id) == ("config_key_mismatch", "")
    assert entry.expected_prefixes["config_keys"] == [key[:7] for key in keys]


def _stored(learner: User, *, days: int) -> None:
    """Store a row of each kind that was over so many days ago."""
    then = timezone.now() - timedelta(days=days)
    common: dict[str, Any] = {"user_id": learner.pk, "course_id": COURSE_KEY, "content_id": EXAM}
    times = {"created": then, "expires": then}
    SebSession.objects.create(
        username=learner.username,
        session_hash="s",
        user_agent_hash="u",
        proof="js_ck",
        last_proof=then,
        last_seen=then,
        **common,
        **times,
    )
    SebChallenge.objects.create(nonce_hash=f"nonce{days}", session_hash="s", **common, **times)
    SebStartToken.objects.create(token_hash=f"token{days}", **common, **times)
    access_log.write(
        access_log.Entry(Decision.REFUSED, COURSE_KEY, user_id=learner.pk, username=learner.username, reason=str(days))
    )
    SebAccessLog.objects.filter(reason=str(days)).update(created=then, last_seen=then)


def counts() -> list[int]:
    return [model.objects.count() for model in (SebSession, SebChallenge, SebStartToken, SebAccessLog)]


@pytest.mark.contract("seb-audit#purge")
def test_what_has_had_its_time_is_deleted(learner, settings):
    for days in (29, 31, 179, 181):
        _stored(learner, days=days)
    out = StringIO()
    call_command("seb_purge", "--dry-run", stdout=out)
    assert out.getvalue().splitlines() == ["audit log: 1", "sessions: 3", "checks: 3", "start links: 3"]
    assert counts() == [4, 4, 4, 4]
    call_command("seb_purge", stdout=StringIO())
    assert counts() == [1, 1, 1, 3]
    settings.SEB_AUDIT_RETENTION_DAYS = 30
    call_command("seb_purge", stdout=StringIO())
    assert counts() == [1, 1, 1, 1]


@pytest.mark.contract("seb-audit#purge")
def test_a_learner_who_waits_to_be_let_in_is_not_forgotten(learner):
    _stored(learner, days=40)
    SebSession.objects.update(ended=timezone.now(), end_reason="quit")
    call_command("seb_purge", stdout=StringIO())
    assert SebSession.objects.count() == 1
    SebSession.objects.update(released=timezone.now())
    call_command("seb_purge", stdout=StringIO())
    assert not SebSession.objects.exists()


@pytest.mark.contract("seb-audit#retirement")
def test_a_retirement_removes_the_learner_and_nobody_else(learner, require, settings):
    settings.SEB_USER_BANNING_ENABLED = True
    other = User.objects.create(username="bob")
    _stored(learner, days=1)
    _stored(other, days=2)
    SebBanState.objects.create(username="ann", course_id=COURSE_KEY, strikes=1)
    user_banning.ban_user("ann", COURSE_KEY, "ann")
    row = require(exempt_usernames=["ann", "bob"])
    SebExamConfiguration.objects.update(modified_by_username="ann")
    SebConfigTemplate.objects.create(name="t", modified_by_username="ann")
    key, version = row.config_key, row.version

    done = retire_user(learner.pk, "ann", "retired__1")

    assert done["SebSession"] == 1
    for model in (SebSession, SebAccessLog):
        assert set(model.objects.values_list("username", flat=True)) <= {"bob"}
    assert not SebChallenge.objects.filter(user_id=learner.pk).exists()
    assert not SebStartToken.objects.filter(user_id=learner.pk).exists()
    assert not SebBanState.objects.exists()
    ban = ForbiddenCourseAccess.objects.get()
    assert (ban.username, ban.last_modified_by_username, ban.access_blocked) == ("retired__1", "retired__1", True)
    row.refresh_from_db()
    assert (row.exempt_usernames, row.modified_by_username) == (["bob"], "retired__1")
    assert (row.config_key, row.version) == (key, version)
    assert SebConfigTemplate.objects.get().modified_by_username == "retired__1"
    assert retire_user(learner.pk, "ann", "retired__1") == {}


@pytest.mark.contract("seb-audit#retirement")
def test_the_command(learner):
    _stored(learner, days=1)
    out = StringIO()
    call_command("seb_retire_user", str(learner.pk), "ann", "retired__1", stdout=out)
    assert "SebSession: 1" in out.getvalue()
    call_command("seb_retire_user", str(learner.pk), "ann", "retired__1", stdout=out)
    assert "Nothing is stored about this user." in out.getvalue()
    with pytest.raises(CommandError, match="must not be empty"):
        call_command("seb_retire_user", str(learner.pk), "", "retired__1")


@pytest.mark.contract("seb-audit#retirement")
def test_the_hosts_signal_retires(learner, monkeypatch):
    _stored(learner, days=1)
    signal = Signal()
    monkeypatch.setattr(handlers, "retirement_signal", lambda: signal)
    handlers.connect_to_host()
    students = SimpleNamespace(get_retired_username_by_username=lambda name: f"retired__{name}")
    monkeypatch.setitem(__import__("sys").modules, "common.djangoapps.student.models", students)
    ForbiddenCourseAccess.objects.create(username="ann", course_id=COURSE, last_modified_by_username="ann")
    signal.send(sender=None, user=learner)
    assert not SebSession.objects.exists()
    assert ForbiddenCourseAccess.objects.get().username == "retired__ann"


@pytest.mark.contract("seb-audit#retirement")
def test_each_table_with_personal_data_is_retired():
    """A new table must not be forgotten: its retirement is part of this app."""
    models = apps.get_app_config("seb_openedx").get_models()
    named = {model.__name__ for model in models if "pii_types" in (model.__doc__ or "")}
    assert named == {
        "ForbiddenCourseAccess",
        "SebAccessLog",
        "SebBanState",
        "SebChallenge",
        "SebConfigTemplate",
        "SebExamConfiguration",
        "SebSession",
        "SebStartToken",
    }
