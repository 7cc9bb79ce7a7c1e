"""Where translators find the words, and where Django finds the translations. Spec: host-platform.md 2.4."""

import gettext
from pathlib import Path

import pytest
from django.utils import translation

import edx_proctoring
from tests.factories import make_exam, make_user

APP = Path(edx_proctoring.__file__).parent


def files(folder: Path) -> dict[str, bytes]:
    """Relative path and content of each file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_both_trees_hold_the_same():
    tree = files(APP / "conf" / "locale")
    assert {"en/LC_MESSAGES/django.po", "en/LC_MESSAGES/djangojs.po"} <= tree.keys()
    assert files((APP / "locale").resolve()) == tree


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        pytest.param("django.po", "The due date for this exam has passed", id="template"),
        pytest.param("django.po", "{hours} and {minutes}", id="python"),
        pytest.param("djangojs.po", "Your time is up. Your exam ends now.", id="script"),
        pytest.param("djangojs.po", "Onboarding Past Due", id="underscore-template"),
    ],
)
def test_translators_see(catalogue, words):
    assert f'msgid "{words}"' in (APP / "conf/locale/en/LC_MESSAGES" / catalogue).read_text()


@pytest.mark.django_db
def test_a_page_speaks_the_learners_language(look, monkeypatch):
    class German(gettext.NullTranslations):
        """One sentence of a translator's work."""

        def gettext(self, message: str) -> str:
            return {"This exam is proctored": "Diese Prüfung wird beaufsichtigt"}.get(message, message)

    with translation.override("de"):
        monkeypatch.setattr("django.utils.translation._trans.gettext", German().gettext)
        html = look(make_exam(), make_user()).html
    assert "Diese Prüfung wird beaufsichtigt" in html
    assert "This exam is proctored" not in html
