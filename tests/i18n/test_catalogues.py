"""The words of the product: every one can be translated, and the translations arrive. Spec: learner-experience.md 7."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django.views.i18n import JSONCatalog

from edx_proctoring import api
from tests.factories import make_exam, make_user
from tools import messages

pytestmark = pytest.mark.spec("learner-experience.md", "7:catalogues")

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "edx_proctoring"
TEMPLATES = sorted(path.relative_to(APP / "templates").as_posix() for path in APP.glob("templates/**/*.html"))

# One word that a page shows and one of the browser code.
ON_THE_PAGE = "This exam is proctored"
IN_THE_SCRIPT = "Your time is up. Your exam ends now."


def translation_of(words: str, language: str, domain: str) -> str:
    """What the translator wrote; empty if nothing yet."""
    path = messages.po_file("edx_proctoring", language, domain)
    found = [message for message in messages.parse(path.read_text("utf-8")) if message.source == words]
    return found[0].translations.get(0, "")


def languages(words: str, domain: str) -> list[Any]:
    """Each language under each of its names."""
    names = {language: language for language in messages.LANGUAGES} | messages.ALIASES
    return [pytest.param(name, translation_of(words, language, domain), id=name) for name, language in names.items()]


def entrance(language: str) -> str:
    """The page of a learner who has not begun."""
    exam = make_exam()
    with translation.override(translation.to_language(language)):
        html = api.get_student_view(make_user().id, exam.course_id, exam.content_id, {})
    assert html is not None
    return html


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), languages(ON_THE_PAGE, "django"))
def test_a_page_comes_out_in_the_language(language: str, words: str) -> None:
    html = entrance(language)
    assert words
    assert words in html
    assert ON_THE_PAGE not in html


@pytest.mark.parametrize(("language", "words"), languages(IN_THE_SCRIPT, "djangojs"))
def test_the_browser_code_gets_its_words_in_the_language(language: str, words: str) -> None:
    with translation.override(translation.to_language(language)):
        answer = JSONCatalog.as_view(packages=["edx_proctoring"])(RequestFactory().get("/"))
    assert words
    assert json.loads(answer.content)["catalog"][IN_THE_SCRIPT] == words


@pytest.mark.django_db
def test_a_language_without_a_catalogue_is_english() -> None:
    """The control: nothing but the catalogue makes the difference."""
    assert ON_THE_PAGE in entrance("nl")


def test_the_wheel_holds_every_compiled_catalogue_in_both_trees(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    for tree in ("conf/locale", "locale"):
        for name in ("en", *messages.LANGUAGES, *messages.ALIASES):
            for domain in messages.DOMAINS:
                for suffix in (".po", ".mo"):
                    file = f"edx_proctoring/{tree}/{name}/LC_MESSAGES/{domain}{suffix}"
                    assert (tmp_path / file).read_bytes() == (ROOT / file).read_bytes(), file


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_can_be_compiled(name: str) -> None:
    engines["django"].get_template(name)
