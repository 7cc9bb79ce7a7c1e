"""The catalogues are shipped, and pages and scripts show their translations."""

import gettext
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polib
import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django.views.i18n import JSONCatalog

from edx_proctoring import api
from tests.factories import make_exam, make_user
from tools import messages

pytestmark = pytest.mark.contract("languages#catalogues")

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "edx_proctoring"
TEMPLATES = sorted(path.relative_to(APP / "templates").as_posix() for path in APP.glob("templates/**/*.html"))

# What Django calls a language whose catalogue has the name of a country: gettext finds it without a link.
DJANGO_NAMES = {
    language.partition("_")[0]: language
    for language in messages.LEARNER_LANGUAGES
    if language not in ("es_AR", "fr_CA") and "_" in language
}
# A message of a page and one of the browser code.
ON_THE_PAGE = "This exam is proctored"
IN_THE_SCRIPT = "Your time is up. Your exam ends now."
FOR_STAFF = "The exam is past due."
WITH_A_NUMBER = "You have %(minutes)s minute left."


def folder_of(name: str) -> str:
    """The folder of the catalogue that a language of this name has."""
    return DJANGO_NAMES.get(name) or messages.ALIASES.get(name) or name


def translation_of(message: str, language: str, domain: str) -> str:
    """The translation in the ``.po`` file; empty if there is none."""
    entry = polib.pofile(str(messages.catalogues() / language / "LC_MESSAGES" / f"{domain}.po")).find(message)
    return entry.msgstr if entry else ""


def languages(message: str, domain: str) -> list[Any]:
    """Each language under each of its names, with the translation of a message."""
    names = {language: language for language in messages.LANGUAGES} | messages.ALIASES | DJANGO_NAMES
    return [pytest.param(name, translation_of(message, language, domain), id=name) for name, language in names.items()]


def entrance_page(language: str) -> str:
    """The page of a learner who has not entered the exam yet."""
    exam = make_exam()
    with translation.override(translation.to_language(language)):
        html = api.get_student_view(make_user().id, exam.course_id, exam.content_id, {})
    assert html is not None
    return html


@pytest.mark.contract("host-integration#translations")
@pytest.mark.django_db
@pytest.mark.parametrize(("language", "translated"), languages(ON_THE_PAGE, "django"))
def test_a_page_is_shown_in_the_chosen_language(language: str, translated: str) -> None:
    html = entrance_page(language)
    assert translated
    assert translated in html
    assert ON_THE_PAGE not in html


@pytest.mark.contract("host-integration#translations")
@pytest.mark.parametrize(("language", "translated"), languages(IN_THE_SCRIPT, "djangojs"))
def test_the_script_catalogue_is_served_in_the_chosen_language(language: str, translated: str) -> None:
    with translation.override(translation.to_language(language)):
        answer = JSONCatalog.as_view(packages=["edx_proctoring"])(RequestFactory().get("/"))
    assert translated
    found = json.loads(answer.content)
    assert found["catalog"][IN_THE_SCRIPT] == translated
    forms = re.search(r"nplurals=(\d)", messages.LANGUAGES[folder_of(language)])
    assert forms
    assert len(found["catalog"][WITH_A_NUMBER]) == int(forms[1]), "the script counts with the formula of this language"


@pytest.mark.contract("languages#plural")
@pytest.mark.parametrize("name", [*messages.LANGUAGES, *messages.ALIASES])
def test_a_script_counts_correctly_beside_the_catalogues_of_other_packages(name: str) -> None:
    """A script has one formula for the catalogues of all packages, and it may be that of another one."""
    with translation.override(translation.to_language(name)):
        found = json.loads(JSONCatalog.as_view(packages=None)(RequestFactory().get("/")).content)
        ours = json.loads(JSONCatalog.as_view(packages=["edx_proctoring"])(RequestFactory().get("/")).content)
    theirs, own = (gettext.c2py(answer["plural"] or "n != 1") for answer in (found, ours))
    forms = found["catalog"][WITH_A_NUMBER]
    assert [forms[theirs(number)] for number in range(1, 121)] == [forms[own(number)] for number in range(1, 121)]


@pytest.mark.django_db
@pytest.mark.contract("languages#staff")
@pytest.mark.parametrize("language", messages.LEARNER_LANGUAGES)
def test_staff_read_the_nearest_full_language_or_english(language: str) -> None:
    nearest = {"es": "es_419", "fr": "fr"}.get(language.partition("_")[0])
    assert translation_of(FOR_STAFF, language, "django") == ""
    with translation.override(translation.to_language(language)):
        assert translation.gettext(FOR_STAFF) == (
            translation_of(FOR_STAFF, nearest, "django") if nearest else FOR_STAFF
        )


@pytest.mark.django_db
def test_a_language_without_a_catalogue_falls_back_to_english() -> None:
    """The control: the translations above come from the catalogues."""
    assert ON_THE_PAGE in entrance_page("nl")


@pytest.mark.contract("host-integration#translations")
def test_the_wheel_contains_every_catalogue_in_both_folders(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    for folder in ("conf/locale", "locale"):
        for name in ("en", *messages.LANGUAGES, *messages.ALIASES):
            for domain in messages.DOMAINS:
                for suffix in (".po", ".mo"):
                    file = f"edx_proctoring/{folder}/{name}/LC_MESSAGES/{domain}{suffix}"
                    assert (tmp_path / file).read_bytes() == (ROOT / file).read_bytes(), file


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_compiles(name: str) -> None:
    engines["django"].get_template(name)


@pytest.mark.contract("languages#learners")
def test_the_contract_lists_every_language() -> None:
    table = (ROOT / "docs/contract/languages.rst").read_text("utf-8")
    rows = dict(re.findall(r"^``(\w+)`` +``.*?(learners.*)$", table, re.MULTILINE))
    assert rows.keys() == messages.LANGUAGES.keys()
    full = {language for language, readers in rows.items() if readers == "learners and staff"}
    assert full == messages.FULL_LANGUAGES.keys()
