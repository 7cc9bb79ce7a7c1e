"""Browser Exam Keys: one for each version of the program, switched off when the version is not wanted any more."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from seb_openedx.exam_models import SebExamConfiguration, SebSession
from seb_openedx.exams import setup
from seb_openedx.exams.browser_key_fields import merged
from seb_openedx.protocol import header_hash
from tests.seb.app.conftest import BROWSER_KEY_HEADER, COURSE, KEY, ORIGIN, OTHER_KEY
from tests.seb.exams.conftest import EXAM, PAGE

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#browser-keys")]

ADMIN = "/admin/seb_openedx/sebexamconfiguration/"
THIRD_KEY = "c" * 64
ENTRY = {"key": KEY, "label": "Room 3", "platform": "win", "version": "3.7.1", "active": True}


def entry(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": "", "platform": "", "version": "", "active": True, **more}


@pytest.fixture
def admin_browser() -> Client:
    client = Client()
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return client


def save(admin_browser: Client, *rows: dict[str, Any] | None, **changes: str) -> Any:
    """Send the form as a browser does: the rows of the table, and what else was entered."""
    row = SebExamConfiguration.objects.first()
    fields = {"course_id": COURSE, "content_id": EXAM, "mode": "client", "upload_policy": "adapt", "max_displays": "1"}
    fields["version"] = str(row.version if row else 0)
    if None not in rows:
        fields["known_browser_keys-total"] = str(len(rows))
    for number, sent in enumerate(rows):
        for name, value in (sent or {}).items():
            if value is not False:
                fields[f"known_browser_keys-{number}-{name}"] = "on" if value is True else value
    path = f"{row.pk}/change" if row else "add"
    return admin_browser.post(f"{ADMIN}{path}/", {**fields, **changes})


def stored() -> list[dict[str, Any]]:
    return SebExamConfiguration.objects.get().browser_keys


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, "saved"
    return response.context["adminform"].form.errors


def sent_with(key: str) -> dict[str, str]:
    return {"HTTP_USER_AGENT": "SEB/3.7", BROWSER_KEY_HEADER: header_hash(ORIGIN + PAGE, key)}


def test_a_key_that_is_switched_off_is_not_accepted_and_its_sessions_end(require, browser):
    require("client", browser_keys=[entry(KEY), entry(OTHER_KEY)])
    assert browser.get(PAGE, **sent_with(KEY)).content == b"render_xblock"
    session = {"user_id": 1, "username": "x", "course_id": COURSE, "content_id": EXAM, "proof": "header_bek"}
    times = dict.fromkeys(("created", "last_proof", "last_seen", "expires"), timezone.now() + timedelta(hours=1))
    for key in (KEY, OTHER_KEY):
        SebSession.objects.create(session_hash="s", user_agent_hash="u", key_prefix=key[:8], **session, **times)

    require("client", browser_keys=[entry(KEY, active=False), entry(OTHER_KEY)])

    assert browser.get(PAGE, **sent_with(KEY)).content != b"render_xblock"
    assert browser.get(PAGE, **sent_with(OTHER_KEY)).content == b"render_xblock"
    ended = dict(SebSession.objects.values_list("key_prefix", "end_reason"))
    assert ended == {KEY[:8]: "configuration_changed", OTHER_KEY[:8]: ""}


def test_staff_describe_keys_and_switch_them_off(admin_browser):
    assert save(admin_browser, browser_keys=f"{KEY} {OTHER_KEY}").status_code == 302
    assert stored() == [entry(KEY), entry(OTHER_KEY)]

    old = entry(OTHER_KEY, active=False, label=" old ")
    assert save(admin_browser, ENTRY, old, browser_keys=THIRD_KEY).status_code == 302
    assert stored() == [ENTRY, entry(OTHER_KEY, label="old", active=False), entry(THIRD_KEY)]

    page = admin_browser.get(f"{ADMIN}{SebExamConfiguration.objects.get().pk}/change/").content.decode()
    assert re.search(r'name="known_browser_keys-0-label" value="Room 3"', page)
    assert re.search(r'name="known_browser_keys-0-active" checked aria-label="Accept key 0123456"', page)
    assert re.search(r'name="known_browser_keys-1-active" aria-label', page)
    assert '<option value="win" selected>Windows</option>' in page


def test_a_key_is_removed_and_one_that_is_pasted_again_is_switched_on(admin_browser, require):
    require("client", browser_keys=[{**ENTRY, "active": False}, entry(OTHER_KEY)])
    removed = save(admin_browser, {**ENTRY, "active": False}, {**entry(OTHER_KEY), "remove": True}, browser_keys=KEY)
    assert removed.status_code == 302
    assert stored() == [ENTRY]


def test_keys_stay_where_the_table_is_not_sent(admin_browser, require):
    require("client", browser_keys=[ENTRY, entry(OTHER_KEY, active=False)])
    assert save(admin_browser, None, exempt_usernames="bob").status_code == 302
    assert stored() == [ENTRY, entry(OTHER_KEY, active=False)]
    assert save(admin_browser, None, browser_keys=THIRD_KEY).status_code == 302
    assert stored() == [ENTRY, entry(OTHER_KEY, active=False), entry(THIRD_KEY)]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({**ENTRY, "platform": "linux"}, "known_browser_keys"),
        ({**ENTRY, "label": "a" * 101}, "known_browser_keys"),
        ({**ENTRY, "key": "short"}, "known_browser_keys"),
        ({**ENTRY, "active": False}, "mode"),
    ],
)
def test_a_mistake_is_told_and_what_was_entered_is_shown_again(admin_browser, require, row, field):
    require("client", browser_keys=[ENTRY])
    response = save(admin_browser, {**row, "version": "4.0"})
    assert list(errors_of(response)) == [field]
    assert 'name="known_browser_keys-0-version" value="4.0"' in response.content.decode()
    assert stored() == [ENTRY]


@pytest.mark.parametrize("total", ["-1", "x", "", "99999999999"])
def test_a_table_of_odd_length_is_no_error(admin_browser, require, total):
    require("client", browser_keys=[ENTRY])
    response = save(admin_browser, None, **{"known_browser_keys-total": total})
    assert response.status_code in (200, 302)
    assert stored() in ([ENTRY], [])


def test_what_was_entered_is_escaped(admin_browser, require):
    require("client", browser_keys=[{**ENTRY, "label": '"><script>'}])
    page = admin_browser.get(f"{ADMIN}{SebExamConfiguration.objects.get().pk}/change/").content.decode()
    assert "&quot;&gt;&lt;script&gt;" in page
    assert '"><script>' not in page


def test_an_empty_table_says_so(admin_browser):
    page = admin_browser.get(f"{ADMIN}add/").content.decode()
    assert "There are no keys yet." in page


@pytest.mark.parametrize("damaged", ["text", [1], None, [{"key": KEY}]])
def test_a_damaged_row_can_be_opened(admin_browser, require, damaged):
    row = require("client", browser_keys=[ENTRY])
    SebExamConfiguration.objects.filter(pk=row.pk).update(browser_keys=damaged or [])
    assert admin_browser.get(f"{ADMIN}{row.pk}/change/").status_code == 200


def test_nothing_entered_is_no_change():
    assert merged(None, [ENTRY], ()) is None
    assert merged([], [ENTRY], ()) == []
    assert setup.Change().browser_keys is None


def test_the_field_of_new_keys_is_empty_beside_the_known_ones(admin_browser):
    save(admin_browser, browser_keys=KEY)
    row = SebExamConfiguration.objects.get()
    form = admin_browser.get(f"{ADMIN}{row.pk}/change/").context["adminform"].form
    assert form["browser_keys"].value() in ("", None)
    assert [shown["key"] for shown in form["known_browser_keys"].value()] == [KEY]
