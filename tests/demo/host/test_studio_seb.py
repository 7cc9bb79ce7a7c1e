"""Studio's page for an exam in Safe Exam Browser."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from demo.host.models import CourseRole
from edx_proctoring.api import create_exam_attempt, get_exam_by_content_id, update_attempt_status
from edx_proctoring.models import ProctoredExamStudentAttempt
from seb_openedx import reasons
from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebConfigTemplate, SebExamConfiguration, SebSession
from seb_openedx.protocol import DEFAULTS, compute_config_key, decode, encode, hash_password

KEY = "0123456789abcdef" * 4


@pytest.fixture
def exam(sequence, publish):
    made = sequence("timed")
    publish()
    return made


@pytest.fixture
def url(exam):
    return reverse("studio_seb", args=[exam.section.course.course_id, exam.usage_key])


@pytest.fixture
def as_staff(client, person, course):
    user = person("stan")
    CourseRole.objects.create(user=user, course=course, role=CourseRole.STAFF)
    client.force_login(user)
    return client


@pytest.fixture
def gina(person):
    return person("gina", is_staff=True)


def entered(**changes: Any) -> dict[str, Any]:
    """What a browser sends for the form of an exam that was off."""
    switches = {name: "on" for name, value in DEFAULTS.items() if value is True}
    fields = {"mode": "manual", "upload_policy": "adapt", "on_leave": "allow", "version": "0", "max_displays": "1"}
    return {**switches, **fields, "action": "save", **changes}


def stored() -> SebExamConfiguration:
    return SebExamConfiguration.objects.get()


def file(settings: dict[str, Any] | None = None, name: str = "school.seb") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encode({"allowQuit": True, **(settings or {})}))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no hidden field {name}"
    return found[1]


def test_an_exam_is_off_at_first(as_staff, url):
    page = as_staff.get(url)
    assert page.status_code == 200
    assert "Off: any browser may be used." in page.content.decode()
    assert page.context["form"]["mode"].value() == "off"
    assert "no-store" in page["Cache-Control"]


def test_a_generated_file_is_saved_and_its_page_says_who_gets_in(as_staff, url):
    answer = as_staff.post(
        url, entered(quit_password="quit-me", min_version_win="3.9", on_leave="release"), follow=True
    )
    assert answer.redirect_chain == [(url, 302)]
    row = stored()
    page = answer.content.decode()
    assert (row.mode, row.quit_password_hash, row.modified_by_username) == ("manual", hash_password("quit-me"), "stan")
    for part in (row.config_key, "win 3.9", "Wait until staff let the learner in again", "Saved: A generated file."):
        assert part in page
    assert "quit-me" not in page
    assert as_staff.get(answer.context["download_url"]).content == row.config_xml.encode()
    assert answer.context["launch_url"].startswith("seb://testserver/")
    assert (
        "Safe Exam Browser: A generated file"
        in as_staff.get(reverse("studio_course", args=[row.course_id])).content.decode()
    )


def test_checking_says_what_saving_would_do_and_saves_nothing(as_staff, url):
    first = as_staff.post(url, entered(action="check"))
    assert first.status_code == 200
    assert "This can be saved: A generated file. The Config Key is created when you save." in first.content.decode()
    assert not SebExamConfiguration.objects.exists()
    as_staff.post(url, entered())
    same = as_staff.post(url, entered(action="check", version="1"))
    assert "the same as now" in same.content.decode()
    other = as_staff.post(url, entered(action="check", version="1", allow_print="no"))
    assert "different from the current one" in other.content.decode()
    assert "can still start with it for 15 minutes" in other.content.decode()
    planned = other.context["plan"]["config_key"]
    as_staff.post(url, entered(version="1", allow_print="no"))
    assert stored().config_key == planned


def test_a_replaced_key_is_shown_with_the_end_of_its_validity(as_staff, url):
    as_staff.post(url, entered())
    before = stored().config_key
    page = as_staff.post(url, entered(version="1", allow_print="no", browser_keys=KEY), follow=True)
    keys = {(entry["kind"], entry["key"]): entry for entry in page.context["keys"]}
    assert keys["Config Key", stored().config_key]["state"] == "valid"
    assert keys["Browser Exam Key", KEY]["state"] == "valid"
    retired = keys["Config Key", before]
    row = stored()
    until = parse_datetime(row.previous_config_keys[0]["valid_until"])
    assert retired["state"] == f"retired, valid until {until:%Y-%m-%d %H:%M} UTC"
    assert retired["state"] in page.content.decode()
    row.previous_config_keys[0]["valid_until"] = (timezone.now() - timedelta(hours=1)).isoformat()
    row.browser_keys[0] |= {"active": False, "label": "Lab", "version": "3.9"}
    row.save()
    page = as_staff.get(url)
    states = [entry["state"] for entry in page.context["keys"]]
    assert states[:2] == ["valid", "switched off"]
    assert re.fullmatch(r"retired, was valid until \d{4}-\d\d-\d\d \d\d:\d\d UTC", states[2])
    assert "(Lab 3.9)" in page.content.decode()


def test_a_preset_fills_in_the_settings_and_nothing_else(as_staff, url):
    answer = as_staff.post(url, entered(action="preset", preset="strict", quit_password="quit-me", mode="off"))
    form = answer.context["form"]
    assert answer.status_code == 200
    assert (form["allow_reload"].value(), form["allow_print"].value(), form["mode"].value()) == (False, "no", "manual")
    assert 'value="quit-me"' in answer.content.decode()
    assert not SebExamConfiguration.objects.exists()
    as_staff.post(url, {**{name: value for name, value in form.data.items() if value}, "action": "save"})
    assert stored().settings["clipboard_policy"] == "block"
    answer = as_staff.post(url, entered(action="preset", version="1"))
    assert "Choose a preset first." in answer.content.decode()


def test_a_template_is_used_with_what_differs(as_staff, url):
    template = SebConfigTemplate.objects.create(name="Exam hall", settings={"allow_print": False})
    choice = entered(mode="template", template=template.pk, override_allow_zoom="yes")
    page = as_staff.post(url, choice, follow=True)
    assert "Saved: A template that many exams share." in page.content.decode()
    assert "Exam hall" in page.content.decode()
    settings = decode(stored().config_xml.encode()).settings
    assert (settings["allowPrint"], settings["enableZoomPage"]) == (False, True)
    answer = as_staff.post(url, entered(mode="template", template="0", version="1"))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["template"]


def test_an_upload_is_judged_before_it_is_saved_and_need_not_be_chosen_again(as_staff, url):
    upload = file({"allowWLAN": True, "hashedAdminPassword": hash_password("secret")})
    answer = as_staff.post(url, entered(mode="upload", action="check", upload=upload))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "The file school.seb" in page
    assert [finding.code for finding in answer.context["inspection"].findings] == ["obsolete_key"]
    assert "An obsolete key" in page
    assert hash_password("secret") not in page
    assert not SebExamConfiguration.objects.exists()
    kept = {name: hidden(page, name) for name in ("kept_upload", "kept_upload_name")}
    as_staff.post(url, entered(mode="upload", **kept))
    assert stored().source_name == "school.seb"
    assert "allowWLAN" in decode(stored().config_xml.encode()).settings


def test_the_findings_of_a_file_that_cannot_be_saved_are_shown_too(as_staff, url):
    bad = file({"sebAllowedVersions": ["nonsense"]})
    answer = as_staff.post(url, entered(mode="upload", action="check", upload=bad))
    assert answer.status_code == 400
    assert [str(finding.level) for finding in answer.context["inspection"].findings] == ["error"]
    assert "sebAllowedVersions" in answer.content.decode()


@pytest.mark.parametrize(
    ("upload", "more", "field"),
    [
        pytest.param(b"nonsense", {}, "upload", id="not-a-seb-file"),
        pytest.param(b"<plist>" * 50_000, {}, "upload", id="too-large"),
        pytest.param(encode({"allowQuit": True}, password="right"), {}, "upload_password", id="no-password"),
        pytest.param(
            encode({"allowQuit": True}, password="right"),
            {"upload_password": "wrong"},
            "upload_password",
            id="wrong-password",
        ),
        pytest.param(None, {}, "upload", id="no-file"),
        pytest.param(None, {"kept_upload": "no base64"}, "upload", id="damaged-kept-file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_its_field(as_staff, url, upload, more, field):
    files = {"upload": SimpleUploadedFile("a.seb", upload)} if upload else {}
    answer = as_staff.post(url, entered(mode="upload", exempt_usernames="vera", **files, **more))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"]["exempt_usernames"].value() == "vera"
    assert answer.context["inspection"] is None
    assert not SebExamConfiguration.objects.exists()


def test_an_unchanged_file_is_served_as_it_is(as_staff, url):
    data = encode({"allowQuit": True}, password="right")
    upload = SimpleUploadedFile("a.seb", data)
    answer = as_staff.post(
        url, entered(mode="upload", upload_policy="preserve", upload=upload, upload_password="right"), follow=True
    )
    assert stored().config_key == compute_config_key({"allowQuit": True})
    assert as_staff.get(answer.context["download_url"]).content == data
    assert "right" not in stored().config_xml


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"min_version_win": "three"}, "min_version_win"),
        ({"browser_keys": "abc"}, "browser_keys"),
        ({"mode": "client", "client_config_keys": "xyz"}, "client_config_keys"),
        ({"mode": "tea"}, "mode"),
        ({"max_displays": "9"}, "max_displays"),
        ({"url_filter": "on", "allowed_regex": "("}, "allowed_regex"),
    ],
    ids=["version", "browser-key", "config-key", "mode", "displays", "expression"],
)
def test_a_mistake_keeps_what_was_entered(as_staff, url, changes, field):
    answer = as_staff.post(url, entered(quit_password="quit-me", exempt_usernames="vera", **changes))
    form = answer.context["form"]
    assert answer.status_code == 400
    assert list(form.errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert (form[field].value(), form["exempt_usernames"].value()) == (changes.get(field), "vera")
    assert 'value="quit-me"' in answer.content.decode()
    assert not SebExamConfiguration.objects.exists()


def test_computers_with_settings_of_their_own_get_the_start_page(as_staff, url):
    answer = as_staff.post(url, entered(mode="client"), follow=True)
    assert f"/seb-openedx/start/{stored().public_id}/" in answer.context["start_address"]
    assert answer.context["download_url"] is None
    assert "Weak: without a key, every browser that calls itself SEB is accepted." in answer.content.decode()
    answer = as_staff.post(url, entered(mode="client", client_config_keys=KEY.upper(), version="1"), follow=True)
    assert stored().client_config_keys == [KEY]
    assert "Weak" not in answer.content.decode()


def test_learners_in_the_exam_are_not_put_out_unless_forced(as_staff, url, exam, learner):
    as_staff.post(url, entered())
    before = stored().config_key
    now = timezone.now()
    where = {"course_id": exam.section.course.course_id, "content_id": exam.usage_key}
    SebSession.objects.create(
        user_id=learner.pk,
        username=learner.username,
        created=now,
        last_proof=now,
        last_seen=now,
        expires=now + timedelta(hours=1),
        **where,
    )
    found = get_exam_by_content_id(where["course_id"], where["content_id"])
    create_exam_attempt(found["id"], learner.pk, taking_as_proctored=False)
    update_attempt_status(ProctoredExamStudentAttempt.objects.get(user=learner).pk, "started")
    change = entered(version="1", allow_print="no")
    answer = as_staff.post(url, change)
    assert answer.status_code == 409
    assert "Learners are in this exam." in answer.content.decode()
    assert answer.context["form"]["allow_print"].value() == "no"
    assert stored().config_key == before
    assert as_staff.post(url, {**change, "force": "on"}).status_code == 302
    assert stored().config_key != before
    assert SebSession.objects.get().end_reason == "configuration_changed"


def test_two_who_change_it_at_once_notice(as_staff, url):
    as_staff.post(url, entered())
    as_staff.post(url, entered(version="1", allow_print="no"))
    answer = as_staff.post(url, entered(version="1", allow_print="yes"))
    assert answer.status_code == 409
    assert "The exam was changed in the meantime." in answer.content.decode()
    assert answer.context["form"]["allow_print"].value() == "yes"
    assert stored().settings == {"allow_print": False}


def test_it_is_switched_off_again(as_staff, url):
    as_staff.post(url, entered())
    answer = as_staff.post(url, entered(mode="off", version="1"), follow=True)
    assert "Off: any browser may be used." in answer.content.decode()


def refuse(exam: Any, **values: Any) -> None:
    now = timezone.now()
    given = {"username": "vera", "reason": "no_header", "decision": "refused", "content_id": exam.usage_key}
    SebAccessLog.objects.create(
        created=now, last_seen=now, course_id=exam.section.course.course_id, **{**given, **values}
    )


def test_the_latest_refusals_of_the_exam_say_what_helps(as_staff, url, exam):
    assert "Nobody was refused." in as_staff.get(url).content.decode()
    for number in range(12):
        refuse(exam, username=f"learner{number}")
    refuse(exam, username="elsewhere", content_id="block-v1:Test+EXAMS+2026+type@sequential+block@other")
    refuse(exam, username="entered", decision="granted", reason="")
    page = as_staff.get(url)
    shown = [entry["row"].username for entry in page.context["refusals"]]
    assert shown == [f"learner{number}" for number in range(11, 1, -1)]
    assert str(reasons.advice("no_header")) in page.content.decode()
    assert as_staff.get(page.context["refusals_url"]).context["page"].paginator.count == 12


def test_queries_do_not_grow(as_staff, url, exam):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_staff.get(url).status_code == 200
        return len(captured)

    as_staff.post(url, entered(browser_keys=KEY))
    refuse(exam)
    as_staff.get(url)
    few = queries()
    for _ in range(30):
        refuse(exam)
    row = stored()
    row.browser_keys = [{"key": f"{n:064x}", "active": True} for n in range(50)]
    row.save()
    as_staff.get(url)
    assert queries() == few


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_page_is_for_the_course_team(client, url, learner, method, gina):
    assert getattr(client, method)(url).status_code == 302
    client.force_login(learner)
    assert getattr(client, method)(url, entered()).status_code == 403
    assert not SebExamConfiguration.objects.exists()
    client.force_login(gina)
    assert client.get(url).status_code == 200


def test_there_is_no_such_exam(as_staff, url):
    assert as_staff.get(f"{url}x").status_code == 404
    assert as_staff.get(url.replace("EXAMS", "OTHER", 1)).status_code == 404


def test_learners_need_the_browser_for_this_exam_alone(as_staff, client, url, exam, learner, sequence, publish):
    sequence("other")
    publish()
    as_staff.post(url, entered())
    key = stored().config_key
    client.force_login(learner)
    here = {
        "page": reverse("sequence", args=[exam.section.course.course_id, exam.usage_key]),
        "unit": reverse("xblock", args=[exam.usage_key.replace("sequential", "vertical")]),
    }
    for path in here.values():
        assert "Open in Safe Exam Browser" in client.get(path).content.decode()
        digest = sha256(f"http://testserver{path}{key}".encode()).hexdigest()
        answer = client.get(path, HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH=digest)
        assert "Open in Safe Exam Browser" not in answer.content.decode()
    # The way of an answer to its exam is found as well.
    problem = reverse("answer", args=[exam.usage_key.replace("sequential", "problem")])
    assert client.post(problem, {"answer": "4"}).status_code == 403
    other = here["page"].replace("block@timed", "block@other")
    assert "Open in Safe Exam Browser" not in client.get(other).content.decode()
    # A look at the page with the launch link is no refusal; of the rest, each kind is one entry.
    assert set(SebAccessLog.objects.filter(decision="refused").values_list("content_id", flat=True)) == {exam.usage_key}
