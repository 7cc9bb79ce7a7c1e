"""Every text can be translated, and Django finds the translations."""

import gettext
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

import edx_proctoring
from tests.factories import make_exam, make_user

APP = Path(edx_proctoring.__file__).parent


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_both_locale_folders_have_the_same_content():
    tree = files(APP / "conf" / "locale")
    assert {"en/LC_MESSAGES/django.po", "en/LC_MESSAGES/djangojs.po"} <= tree.keys()
    assert files((APP / "locale").resolve()) == tree


@pytest.mark.contract("languages#words")
@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        pytest.param("django.po", "The due date for this exam has passed", id="template"),
        pytest.param("django.po", "{hours} and {minutes}", id="python"),
        pytest.param("djangojs.po", "Your time is up. Your exam ends now.", id="script"),
        pytest.param("djangojs.po", "Onboarding Past Due", id="underscore-template"),
    ],
)
def test_the_catalogue_contains_the_text(catalogue, words):
    assert f'msgid "{words}"' in (APP / "conf/locale/en/LC_MESSAGES" / catalogue).read_text()


@pytest.mark.contract("languages#plural")
@pytest.mark.parametrize("unit", ["hour", "minute"])
def test_durations_have_plural_forms_in_the_catalogue(unit):
    catalogue = (APP / "conf/locale/en/LC_MESSAGES/django.po").read_text()
    assert f'msgid "{{num}} {unit}"\nmsgid_plural "{{num}} {unit}s"' in catalogue


@pytest.mark.django_db
def test_a_page_is_in_the_learners_language(look, monkeypatch):
    class German(gettext.NullTranslations):
        """A catalogue with one translated sentence."""

        def gettext(self, message: str) -> str:
            return {"This exam is proctored": "Diese Prüfung wird beaufsichtigt"}.get(message, message)

    with translation.override("de"):
        monkeypatch.setattr("django.utils.translation._trans.gettext", German().gettext)
        html = look(make_exam(), make_user()).html
    assert "Diese Prüfung wird beaufsichtigt" in html
    assert "This exam is proctored" not in html


# After everything that a translator sees is removed from a template, no words may be left.

SPEAKING_ATTRIBUTES = ("title", "alt", "placeholder", "aria-label", "aria-description", "label", "summary")
# Template tags whose contents are translated.
TRANSLATED = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)\b.*?{%\s*end(?:blocktranslate|blocktrans)\s*%}"
    r"|{%\s*(?:translate|trans)\b.*?%}"
    r"|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}"
    r"|{#.*?#}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
UNDERSCORE = re.compile(r"<%.*?%>", re.DOTALL)


class Words(HTMLParser):
    """Collects the words that people read or hear: texts, and attributes that screen readers speak."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._script += tag in ("script", "style")
        for name, value in attrs:
            if name in SPEAKING_ATTRIBUTES or (name.startswith("data-") and name.endswith("-text")):
                self._keep(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._script -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._script:
            self._keep(data)

    def _keep(self, text: str) -> None:
        if re.search(r"[^\W\d_]", text):
            self.found.append(" ".join(text.split()))


def pages() -> list[Path]:
    return sorted((APP / "templates").rglob("*.html"))


def underscore_templates() -> list[Path]:
    return sorted((APP / "static").rglob("*.underscore"))


def spoken(path: Path) -> str:
    """Return the source without what translators or the template engine fill in."""
    source = path.read_text("utf-8")
    return (UNDERSCORE if path.suffix == ".underscore" else TRANSLATED).sub("", source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param("<p>Read me</p>", ["Read me"], id="text"),
        pytest.param('<a title="Read me">{% translate "x" %}</a>', ["Read me"], id="attribute"),
        pytest.param('<b data-loading-text="Read me"></b>', ["Read me"], id="text-for-later"),
        pytest.param("{% if x %}Read{% endif %} {{ y }}", ["Read"], id="between-tags"),
        pytest.param("{% blocktranslate %}x{% endblocktranslate %}: {{ y }} (1)", [], id="translated"),
    ],
)
def test_control_the_search_finds_words_outside_of_translations(source, words):
    """Control for the next test."""
    assert Words(TRANSLATED.sub("", source)).found == words


@pytest.mark.contract("languages#words")
@pytest.mark.parametrize("path", [*pages(), *underscore_templates()], ids=lambda path: path.name)
def test_every_word_of_a_template_is_translatable(path):
    assert Words(spoken(path)).found == []


class Pieces(HTMLParser):
    """Collects the texts between two tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found.append(" ".join(data.split()))


def glued(source: str) -> list[str]:
    """Return the texts in which a value stands beside a translated text instead of inside it."""
    source = re.sub(r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}", "[text]", source, flags=re.DOTALL)
    source = re.sub(r"{%\s*translate\b.*?%}", "[text]", source, flags=re.DOTALL)
    source = re.sub(r"{{.*?}}", "[value]", source)
    source = re.sub(r"{%.*?%}|{#.*?#}", "", source, flags=re.DOTALL)
    return [piece for piece in Pieces(source).found if "[text]" in piece and "[value]" in piece]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('<p>{% translate "Ask" %} {{ name }}</p>', ["[text] [value]"], id="value-behind"),
        pytest.param("<p>{{ name }} {% blocktranslate %}helps{% endblocktranslate %}", ["[value] [text]"], id="before"),
        pytest.param("<p>{% blocktranslate %}Ask {{ name }}.{% endblocktranslate %}</p>", [], id="value-inside"),
        pytest.param('<label>{% translate "Code:" %}</label> <b>{{ code }}</b>', [], id="two-elements"),
    ],
)
def test_control_the_search_finds_values_beside_translated_texts(source, expected):
    assert glued(source) == expected


@pytest.mark.contract("languages#words")
@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_values_in_a_template_are_inside_translated_sentences(path):
    # Other languages may need them in another position.
    assert glued(path.read_text("utf-8")) == []


def texts_in_attributes() -> set[str]:
    """Return the texts of templates that are used inside an attribute's quotes."""
    return {
        text
        for path in pages()
        for text in re.findall(r'="[^"{]*{%\s*translate\s+"([^"]*)"\s*%}', path.read_text("utf-8"))
    }


@pytest.mark.parametrize("language", sorted(path.name for path in (APP / "conf/locale").iterdir() if path.is_dir()))
def test_translations_used_in_attributes_contain_no_quotes(language):
    """Translations are not escaped, because some contain links; inside an attribute they must not contain quotes."""
    in_attributes = texts_in_attributes()
    assert in_attributes, "the search finds them"
    catalogue = APP / "conf/locale" / language / "LC_MESSAGES/django.po"
    entries = re.findall(r"^msgid (.*?)^msgstr (.*?)(?:^$|\Z)", catalogue.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert entries

    def joined(lines: str) -> str:
        return "".join(re.findall(r'"(.*)"', lines))

    broken = [
        joined(translation)
        for original, translation in entries
        if joined(original) in in_attributes and re.search(r'\\"|[<>]', joined(translation))
    ]
    assert broken == []
