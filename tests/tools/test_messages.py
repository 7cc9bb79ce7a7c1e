"""The tool that keeps the catalogues: what it extracts, what it keeps, and what it complains of."""

import shutil
from pathlib import Path

import pytest

from tools import messages

pytestmark = pytest.mark.spec("learner-experience.md", "7:extraction", "7:catalogues")
needs_gettext = pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not installed")

SOURCES = {
    "__init__.py": "",
    "views.py": """
from django.utils.translation import gettext as _, gettext_lazy, ngettext
TITLE = gettext_lazy("Title")
def view(n):
    return _("Name: {name}").format(name=n), ngettext("%(n)s day", "%(n)s days", n), "not a word"
""",
    "templates/page.html": """{% load i18n %}<p title="{% translate "Wait…" %}">
{% blocktranslate trimmed %}
  Hello <b>{{ name }}</b>
{% endblocktranslate %}</p>{# Translators see no _("comment") #}""",
    "static/app/js/app.js": "var a = gettext('It\\'s ' + 'late'); // gettext('commented')\n",
    "static/app/templates/list.underscore": """It's <b>
<%- gettext('Row') %> <% if (x) { %>y's<%- gettext("More") %><% } %>""",
    "static/app/spec/app_spec.js": "gettext('only a spec')",
    "tests/test_x.py": "_('only a test')",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one app."""
    for name, text in SOURCES.items():
        path = tmp_path / "edx_proctoring" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    return tmp_path


def words(app: str, domain: str) -> set[str]:
    return {message.source for message in messages.parse(messages.extract(app, domain)) if message.source}


def translate(language: str, domain: str, old: str, new: str) -> None:
    path = messages.po_file("edx_proctoring", language, domain)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@needs_gettext
def test_python_and_templates_are_extracted(repository: Path) -> None:
    assert words("edx_proctoring", "django") == {
        "Title",
        "Name: {name}",
        "%(n)s day",
        "Wait…",
        "Hello <b>%(name)s</b>",
    }


@needs_gettext
def test_scripts_and_underscore_templates_are_extracted(repository: Path) -> None:
    assert words("edx_proctoring", "djangojs") == {"It's late", "Row", "More"}


@needs_gettext
def test_what_was_just_made_is_current(repository: Path) -> None:
    assert messages.main([]) == 0
    assert messages.what_is_stale() == []
    assert (repository / "edx_proctoring/conf/locale/es").resolve().name == "es_419"


@needs_gettext
def test_a_new_word_makes_the_catalogues_stale(repository: Path) -> None:
    messages.main([])
    (repository / "edx_proctoring/static/app/js/app.js").write_text("gettext('Early')")
    stale = messages.what_is_stale()
    assert any("ar/LC_MESSAGES/djangojs.po: not listed: 'Early'" in line for line in stale)
    assert any('ar/LC_MESSAGES/djangojs.po: no longer used: "It\'s late"' in line for line in stale)
    assert messages.main(["--check"]) == 1


@needs_gettext
def test_a_translation_that_was_not_compiled_makes_them_stale(repository: Path) -> None:
    messages.main([])
    translate("fr", "djangojs", 'msgid "Row"\nmsgstr ""', 'msgid "Row"\nmsgstr "Ligne"')
    [line] = messages.what_is_stale()
    assert line.endswith("fr/LC_MESSAGES/djangojs.po has changed since it was compiled")


@needs_gettext
def test_translations_survive_a_new_extraction(repository: Path) -> None:
    messages.main([])
    translate("fr", "djangojs", 'msgid "Row"\nmsgstr ""', 'msgid "Row"\nmsgstr "Ligne"')
    (repository / "edx_proctoring/static/app/js/app.js").write_text("gettext('Rows')")
    messages.main([])
    found = {
        message.source: message.translations[0]
        for message in messages.parse(messages.po_file("edx_proctoring", "fr", "djangojs").read_text("utf-8"))
        if message.source
    }
    assert found == {"Row": "Ligne", "More": "", "Rows": ""}, "kept, and nothing guessed"


@needs_gettext
def test_an_untranslated_language_is_not_complete(repository: Path) -> None:
    messages.main([])
    assert len(messages.what_is_incomplete(("zh_CN",))) == 8
    assert messages.main(["--complete"]) == 1


def message(source: str, *translations: str, plural: str | None = None, fuzzy: bool = False) -> messages.Message:
    return messages.Message(None, source, plural, dict(enumerate(translations)), fuzzy)


MINUTES = {"source": "%(n)s minute", "plural": "%(n)s minutes"}


@pytest.mark.parametrize(
    ("found", "language"),
    [
        pytest.param(message("Row", "Ligne"), "fr", id="word"),
        pytest.param(message("OK", "OK"), "fr", id="one-word-that-is-the-same"),
        pytest.param(message("{a} and %(b)s", "%(b)s et {a}"), "fr", id="placeholders-in-another-order"),
        pytest.param(message('<a href="#">Go</a>', '<a href="#">Aller</a>'), "fr", id="tags"),
        pytest.param(
            message("%(n)s minute", "%(n)s minuto", "%(n)s minutos", plural="%(n)s minutes"), "es_419", id="plural"
        ),
        pytest.param(
            message("%(n)s day", "z", "one", "two", "%(n)s f", "%(n)s m", "%(n)s o", plural="%(n)s days"),
            "ar",
            id="forms-for-one-number-without-it",
        ),
        pytest.param(message("%(n)s day", "%(n)s 天", plural="%(n)s days"), "zh_CN", id="one-form"),
    ],
)
def test_a_good_translation_is_accepted(found: messages.Message, language: str) -> None:
    assert list(messages.problems_of(found, language)) == []


@pytest.mark.parametrize(
    ("found", "language", "problem"),
    [
        pytest.param(message("Row", ""), "fr", "untranslated", id="empty"),
        pytest.param(message("Row", "Ligne", fuzzy=True), "fr", "fuzzy", id="guessed"),
        pytest.param(message("Two words", "Two words"), "fr", "still English", id="copied"),
        pytest.param(message("{a} and {b}", "{a} et {c}"), "fr", "placeholders", id="renamed-placeholder"),
        pytest.param(message("%(a)s", "%(a)d"), "fr", "placeholders", id="other-type"),
        pytest.param(message("100 %% of %s", "100 % de %s"), "fr", "placeholders", id="lost-percent"),
        pytest.param(message("<b>Go</b>", "<b>Aller<b>"), "fr", "placeholders", id="tag-not-closed"),
        pytest.param(message("Go ", "Aller"), "fr", "white space", id="space-at-the-end"),
        pytest.param(message("%(n)s day", "%(n)s jour", plural="%(n)s days"), "fr", "1 forms", id="form-missing"),
        pytest.param(
            message("%(n)s day", "un jour", "%(n)s jours", plural="%(n)s days"),
            "fr",
            "placeholders",
            id="zero-is-one-in-french",
        ),
        pytest.param(message("", "Plural-Forms: nplurals=3; plural=0;"), "fr", "plural forms", id="header"),
    ],
)
def test_a_bad_translation_is_refused(found: messages.Message, language: str, problem: str) -> None:
    assert any(problem in line for line in messages.problems_of(found, language))
