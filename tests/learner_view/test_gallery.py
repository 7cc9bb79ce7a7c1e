"""The gallery of screenshots is complete. The screenshots are taken by ``tests/browser/test_gallery.py``."""

import re
from pathlib import Path

import pytest

import edx_proctoring
from edx_proctoring.api.learner import page
from tests.browser.gallery import PICTURES

TEMPLATES = Path(edx_proctoring.__file__).parent / "templates"

# Not on a course page: mails are read in test_mails.py, the launch callback renders the first of these, and nothing in
# this package renders the second. In the demo the middleware of seb_openedx answers before the third is asked for.
ELSEWHERE = {
    "proctored_exam/launched_again.html",
    "proctored_exam/proctoring_launch_callback.html",
    "common/safe_exam_browser.html",
}


def pages_of_the_tables() -> dict[tuple[str, str], str]:
    """Return the template of each row that shows a page, by kind and situation."""
    return {
        (name, rule.situation): rule.answer.template
        for name, kind in page.KINDS.items()
        for rule in kind.rules
        if rule.answer.template is not None
    }


@pytest.mark.contract("page-templates#gallery")
def test_each_row_of_the_tables_has_a_picture():
    pictured = {(picture.kind, picture.situation) for picture in PICTURES.values()}
    assert pages_of_the_tables().keys() - pictured == set()


def test_each_picture_names_an_existing_row():
    wanted = {(picture.kind, picture.situation) for picture in PICTURES.values() if picture.situation}
    assert wanted - pages_of_the_tables().keys() == set()


def parts_of(path: str) -> set[str]:
    """Return a template with all that it extends and includes."""
    found = {path}
    source = (TEMPLATES / path).read_text("utf-8")
    for part in re.findall(r'{%\s*(?:extends|include)\s+"([^"]+)"', source):
        found |= parts_of(part)
    return found


@pytest.mark.contract("page-templates#gallery")
def test_each_template_appears_in_a_picture():
    shown = {*pages_of_the_tables().values(), page._MISCONFIGURED}
    in_pictures = set().union(*(parts_of(path) for path in shown))
    all_of_them = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    assert {path for path in all_of_them - in_pictures - ELSEWHERE if not path.startswith("emails/")} == set()


@pytest.mark.parametrize("kind", page.KINDS)
def test_the_rows_of_a_table_have_different_names(kind):
    # A picture names its row.
    situations = [rule.situation for rule in page.KINDS[kind].rules]
    assert len(situations) == len(set(situations))


def test_at_least_five_pictures_are_in_arabic():
    assert sum(picture.rtl for picture in PICTURES.values()) >= 5
