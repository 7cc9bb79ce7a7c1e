"""Two requests at once. Each test has a control without the protection, which shows the fault."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.exams import challenges, setup, start_tokens, templates
from seb_openedx.protocol import decode
from tests.seb.app.conftest import COURSE_KEY
from tests.seb.exams.conftest import EXAM, NONCE, TOKEN, launch_link
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
]


def at_once(call: Callable[[], Any]) -> list[Any]:
    """Call from two threads; return both results."""
    outcomes: list[Any] = []

    def run() -> None:
        try:
            outcomes.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def meeting(
    original: Callable[..., Any], seconds: float, barrier: threading.Barrier | None = None
) -> Callable[..., Any]:
    """Return a function whose callers wait for each other, or for those of another one, at most so long."""
    barrier = barrier or threading.Barrier(2)

    def call(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=seconds)
        return found

    return call


@pytest.mark.contract("seb-exams#challenge")
@pytest.mark.parametrize(
    ("protected", "statuses"), [(False, [200, 200]), (True, [200, 403])], ids=["control-counts-twice", "counts-once"]
)
def test_of_two_equal_answers_one_counts(require, browser, mac, monkeypatch, protected, statuses):
    require()
    page = mac.follow(launch_link(browser)).content.decode()
    nonce, token = NONCE.search(page), TOKEN.search(page)
    body = json.dumps({"nonce": nonce[1], **mac.script()})
    monkeypatch.setattr(challenges, "problem", meeting(challenges.problem, 10))
    if not protected:
        monkeypatch.setattr(challenges, "use", lambda challenge, now: True)

    def send() -> int:
        client = Client(HTTP_USER_AGENT=mac.client.defaults["HTTP_USER_AGENT"])
        client.cookies.update(mac.client.cookies)
        headers = {"HTTP_X_CSRFTOKEN": token[1]}
        return client.post("/seb-openedx/api/v2/verify", body, content_type="application/json", **headers).status_code

    assert sorted(at_once(send)) == statuses
    assert SebSession.objects.count() == statuses.count(200)


@pytest.mark.contract("seb-exams#setup")
@pytest.mark.parametrize(
    ("locked", "saved"), [(False, 2), (True, 1)], ids=["control-overwrites", "the-second-is-refused"]
)
def test_of_two_changes_at_once_one_is_saved(require, monkeypatch, locked, saved):
    row = require()
    monkeypatch.setattr(setup, "prepare", meeting(setup.prepare, 2))
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)

    def save() -> str:
        mine = SebExamConfiguration(pk=row.pk, version=row.version)
        try:
            setup.save(mine, setup.Change(settings={"max_displays": 2}), origin="http://testserver", by="gina")
        except setup.SetupError as error:
            return error.code
        return "saved"

    outcomes = at_once(save)
    assert outcomes.count("saved") == saved
    assert outcomes.count("stale") == 2 - saved
    assert SebExamConfiguration.objects.get().version == row.version + 1


@pytest.mark.contract("seb-exams#templates")
@pytest.mark.parametrize(
    ("locked", "displays"), [(False, 1), (True, 2)], ids=["control-keeps-the-old-file", "gets-the-new-file"]
)
def test_an_exam_that_chooses_a_template_while_that_is_saved_gets_what_is_saved(monkeypatch, locked, displays):
    change = templates.TemplateChange(name="Finals", settings={"max_displays": 1})
    template = templates.save(SebConfigTemplate(), change, by="gina").template
    barrier = threading.Barrier(2)
    for name in ("prepare", "remake"):
        monkeypatch.setattr(setup, name, meeting(getattr(setup, name), 2, barrier))
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)

    def save_template() -> None:
        mine = SebConfigTemplate(pk=template.pk, version=template.version)
        templates.save(mine, templates.TemplateChange(settings={"max_displays": 2}), by="gina")

    def save_exam() -> None:
        row = SebExamConfiguration(course_id=COURSE_KEY, content_id=EXAM)
        change = setup.Change(mode="template", template_id=template.pk)
        setup.save(row, change, origin="http://testserver", by="hal")

    calls = [save_template, save_exam]
    at_once(lambda: calls.pop()())

    row = SebExamConfiguration.objects.get()
    assert decode(row.config_xml.encode()).settings["allowedDisplaysMaxNumber"] == displays


@pytest.mark.contract("seb-exams#launch-login")
@pytest.mark.parametrize(
    ("protected", "statuses"), [(False, [200, 200]), (True, [200, 403])], ids=["control-logs-in-twice", "logs-in-once"]
)
def test_of_two_browsers_with_one_link_one_is_logged_in(require, browser, monkeypatch, host, protected, statuses):
    host.settings.SEB_LAUNCH_LOGIN = True
    require()
    link = launch_link(browser)
    answers = []
    for _ in range(2):
        other = SafeExamBrowser(sends_headers=False)
        page = other.follow(link).content.decode()
        nonce, token = NONCE.search(page), TOKEN.search(page)
        answers.append((other, json.dumps({"nonce": nonce[1], **other.script()}), token[1]))
    monkeypatch.setattr(challenges, "use", meeting(challenges.use, 10))
    if not protected:
        monkeypatch.setattr(start_tokens, "use", lambda token_hash, now: True)

    def send() -> int:
        other, body, token = answers.pop()
        return other.client.post(
            "/seb-openedx/api/v2/verify", body, content_type="application/json", HTTP_X_CSRFTOKEN=token
        ).status_code

    assert sorted(at_once(send)) == statuses
    assert SebSession.objects.count() == statuses.count(200)
