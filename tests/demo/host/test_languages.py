"""The demo's own words in every language: learner pages in all, Studio and the instructor page in those of staff."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from demo.host.models import BlockCompletion, CourseRole, CreditRequirement, CreditRequirementStatus, UserProfile
from tools import messages

pytestmark = pytest.mark.contract("languages#demo")

# Code -> folder of the catalogue.
FOLDER = {code: translation.to_locale(code) for code, _name in settings.LANGUAGES if code != "en"}
FOLDER["zh-hans"] = messages.ALIASES[FOLDER["zh-hans"]]
STAFF = [code for code, folder in FOLDER.items() if folder in messages.FULL_LANGUAGES]
# Languages without Latin letters: there, each Latin word on a page is a name or was forgotten.
OTHER_SCRIPTS = ["ar", "fa-ir", "he", "ru", "zh-hans"]
# Names of courses, people and products; what the tests enter.
NAMES = re.compile(
    r"Demo University|Exams|The \w+|One|Page of \w+|course-v1:\S+|Lena|lena|stan|Stan|Studio|Safe Exam Browser"
    r"|DEMO_HOSTS|logs/host\.log|Chromium|Chrome|Django|Two plus two\?|honor|null|UTC"
)
# Pages that are refusals.
REFUSED = {"not found, logged out": 404, "not found": 404, "team only": 403}
SILENT = {"script", "style", "option", "code", "pre"}


class Words(HTMLParser):
    """Every text and every spoken attribute of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder", "alt") and value:
                self.found.append(value.strip())

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.found.append(" ".join(data.split()))


def entries(folder: str, domain: str = "django") -> dict[str, str]:
    """Each message of the demo in a language with its translation."""
    file = polib.pofile(str(messages.catalogues(messages.DEMO) / folder / "LC_MESSAGES" / f"{domain}.po"))
    return {entry.msgid: entry.msgstr or entry.msgstr_plural[0] for entry in file}


def as_pattern(message: str) -> re.Pattern[str]:
    """What a page shows for a message: values in its places, no tags."""
    plain = re.sub(r"<[^>]+>", "", message)
    return re.compile(re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(plain)))


def left_in_english(html: str, folder: str) -> list[str]:
    """The texts of a page that are an English message of the demo which the language has another word for."""
    patterns = [as_pattern(source) for source, target in entries(folder).items() if source != target]
    return [text for text in Words(html).found if any(pattern.fullmatch(text) for pattern in patterns)]


@pytest.fixture
def stage(course, sequence, publish, learner, person) -> dict[str, Any]:
    """A course in which the learner meets every state of a page."""
    yesterday = timezone.now() - timedelta(days=1)
    made = {
        "reading": sequence("reading", is_time_limited=False),
        "timed": sequence("timed", due=timezone.now() + timedelta(days=3)),
        "proctored": sequence("proctored", is_proctored_enabled=True),
        "hidden": sequence("hidden", due=yesterday, hide_after_due=True),
        "empty": sequence("empty", is_time_limited=False),
        "unnamed": sequence("unnamed", is_time_limited=False, display_name=None),
    }
    made["locked"] = sequence("locked", prerequisite=made["timed"])
    made["empty"].units.all().delete()
    publish()
    BlockCompletion.objects.create(user=learner, usage_key=made["reading"].usage_key, completion=1.0)
    requirement = CreditRequirement.objects.create(course=course, namespace="x", name="x", display_name="The exam")
    CreditRequirementStatus.objects.create(user=learner, requirement=requirement, status="satisfied")
    UserProfile.objects.filter(user=learner).update(persona="verified learner")
    CourseRole.objects.create(user=person("stan"), course=course, role=CourseRole.STAFF)
    return made


def page(client: Client, name: str, address: str) -> tuple[str, str]:
    """A page by its name."""
    answer = client.get(address)
    assert answer.status_code == REFUSED.get(name, 200), name
    return name, answer.content.decode()


def learner_pages(client: Client, made: dict[str, Any], learner: Any) -> Iterator[tuple[str, str]]:
    """The demo's own pages for a learner. The package's part of a page has tests of its own."""
    course_id = made["timed"].section.course.course_id
    addresses = {
        "start page": reverse("home"),
        "password": reverse("password_assistance"),
        "contact": reverse("contact_us"),
        "not found": "/nothing",
    }
    yield from (page(client, f"{name}, logged out", address) for name, address in addresses.items())
    client.force_login(learner)
    addresses |= {
        "outline": reverse("outline", args=[course_id]),
        "progress": reverse("progress", args=[course_id]),
        "team only": reverse("instructor_dashboard", args=[course_id]),
        "unit": reverse("xblock", args=[made["reading"].usage_key.replace("sequential", "vertical")]),
    }
    for name in ("reading", "hidden", "empty", "locked"):
        addresses[name] = reverse("sequence", args=[course_id, made[name].usage_key])
    yield from (page(client, name, address) for name, address in addresses.items())


def staff_pages(client: Client, made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    course_id = made["timed"].section.course.course_id
    client.get(reverse("login", args=["stan"]))
    addresses = {
        "instructor": reverse("instructor_dashboard", args=[course_id]),
        "studio": reverse("studio_course", args=[course_id]),
        "subsection": reverse("studio_sequence", args=[course_id, made["timed"].usage_key]),
        "proctoring": reverse("studio_proctoring", args=[course_id]),
        "advanced": reverse("studio_advanced", args=[course_id]),
        "seb": reverse("studio_seb", args=[course_id, made["timed"].usage_key]),
        "as a learner": reverse("sequence", args=[course_id, made["reading"].usage_key]) + "?masquerade=learner",
    }
    yield from (page(client, name, address) for name, address in addresses.items())


def test_the_menu_has_the_languages_of_the_catalogues() -> None:
    assert set(FOLDER.values()) == messages.LANGUAGES.keys()


@pytest.mark.parametrize("code", FOLDER)
def test_a_learner_page_has_no_word_of_the_demo_in_english(code: str, stage, learner) -> None:
    client = Client(headers={"Accept-Language": code})
    for name, html in learner_pages(client, stage, learner):
        assert f'<html lang="{code}"' in html, name
        assert ('dir="rtl"' in html.partition(">\n<head>")[0]) == (code in ("ar", "fa-ir", "he")), name
        assert left_in_english(html, FOLDER[code]) == [], name


def test_in_english_the_words_are_there(stage, learner) -> None:
    """The control: the pages show these messages, and the test above would find them."""
    english = Client(headers={"Accept-Language": "en"})
    seen = {name: left_in_english(html, "de_DE") for name, html in learner_pages(english, stage, learner)}
    assert [name for name, words in seen.items() if not words] == []
    assert "This part opens once you have finished its prerequisite." in seen["locked"]
    assert "verified learner" in seen["start page"]


@pytest.mark.parametrize("code", OTHER_SCRIPTS)
def test_every_word_of_a_learner_page_is_a_message(code: str, stage, learner) -> None:
    """A text that no translator sees has Latin letters on these pages."""
    client = Client(headers={"Accept-Language": code})
    for name, html in learner_pages(client, stage, learner):
        found = [text for text in Words(html).found if re.search("[A-Za-z]{2}", NAMES.sub("", text))]
        assert found == [], name


@pytest.mark.parametrize("code", STAFF)
def test_a_staff_page_has_no_word_of_the_demo_in_english(code: str, stage) -> None:
    for name, html in staff_pages(Client(headers={"Accept-Language": code}), stage):
        assert left_in_english(html, FOLDER[code]) == [], name


def test_in_english_the_words_of_staff_are_there(stage) -> None:
    """The control: the pages show these messages, and the test above would find them."""
    english = Client(headers={"Accept-Language": "en"})
    seen = {name: left_in_english(html, "fr") for name, html in staff_pages(english, stage)}
    assert [name for name, words in seen.items() if not words] == []


@pytest.mark.parametrize("code", FOLDER)
def test_the_timer_and_the_scripts_are_translated(code: str, client, db) -> None:
    found = client.get(reverse("javascript_catalog"), headers={"Accept-Language": code}).content.decode()
    for source, target in entries(FOLDER[code], "djangojs").items():
        assert f"{json.dumps(source)}: {json.dumps(target)}" in found


def test_the_timer_is_a_template_for_scripts(client, stage, learner) -> None:
    client.force_login(learner)
    html = client.get(reverse("outline", args=[stage["timed"].section.course.course_id])).content.decode()
    assert "<%- gettext('Hide Timer') %>" in html


@pytest.mark.parametrize("folder", messages.LANGUAGES)
@pytest.mark.parametrize("domain", messages.DOMAINS)
def test_the_demo_says_what_the_package_says(folder: str, domain: str) -> None:
    """Django takes the demo's translation for both, so they must be the same."""
    package = polib.pofile(str(messages.catalogues() / folder / "LC_MESSAGES" / f"{domain}.po"))
    for entry in polib.pofile(str(messages.catalogues(messages.DEMO) / folder / "LC_MESSAGES" / f"{domain}.po")):
        same = package.find(entry.msgid, msgctxt=entry.msgctxt)
        assert same is None or same.msgstr == entry.msgstr, entry.msgid


def test_a_language_is_chosen_in_the_menu(client, db) -> None:
    page = client.get(reverse("password_assistance")).content.decode()
    assert '<option value="he" lang="he">עברית</option>' in page
    answer = client.post(reverse("set_language"), {"language": "he", "next": reverse("password_assistance")})
    assert answer.url == reverse("password_assistance")
    page = client.get(answer.url).content.decode()
    assert '<html lang="he" dir="rtl">' in page
    assert '<option value="he" lang="he" selected>' in page
