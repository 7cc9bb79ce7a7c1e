"""tools/messages.py: what it extracts, what it keeps in the catalogues, and what its checks report."""

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import polib
import pytest

from tools import messages

pytestmark = pytest.mark.contract("languages#extraction", "languages#catalogues")
needs_gettext = pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not installed")

UNDERSCORE_TEMPLATES = sorted(messages.ROOT.glob("edx_proctoring/static/**/*.underscore"))

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


def extracted(domain: str) -> set[str]:
    with messages.extracted() as folder:
        return {source for _context, source, _plural in messages.read(folder / "en" / "LC_MESSAGES" / f"{domain}.po")}


def catalogue(language: str, domain: str) -> Path:
    return messages.catalogues() / language / "LC_MESSAGES" / f"{domain}.po"


def translate(language: str, domain: str, old: str, new: str) -> None:
    path = catalogue(language, domain)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@needs_gettext
def test_messages_of_python_files_and_templates_are_extracted(repository: Path) -> None:
    assert extracted("django") == {
        "Title",
        "Name: {name}",
        "%(n)s day",
        "Wait…",
        "Hello <b>%(name)s</b>",
    }


@needs_gettext
def test_messages_of_scripts_and_underscore_templates_are_extracted(repository: Path) -> None:
    assert extracted("djangojs") == {"It's late", "Row", "More"}


@needs_gettext
def test_catalogues_just_renewed_are_current(repository: Path) -> None:
    assert messages.main([]) == 0
    assert list(messages.what_is_stale()) == []
    assert (repository / "edx_proctoring/conf/locale/es").resolve().name == "es_419"


@needs_gettext
def test_a_new_message_makes_the_catalogues_stale(repository: Path) -> None:
    messages.main([])
    (repository / "edx_proctoring/static/app/js/app.js").write_text("gettext('Early')")
    stale = list(messages.what_is_stale())
    assert any("ar/LC_MESSAGES/djangojs.po: not listed: 'Early'" in line for line in stale)
    assert any('ar/LC_MESSAGES/djangojs.po: no longer used: "It\'s late"' in line for line in stale)
    reported = {line.partition("/")[0] for line in stale if line.endswith("not listed: 'Early'")}
    assert reported == {messages.SOURCE, *messages.FULL_LANGUAGES}, "the script is for staff"
    assert messages.main(["--check"]) == 1


@needs_gettext
def test_a_translation_that_is_not_compiled_makes_the_catalogues_stale(repository: Path) -> None:
    messages.main([])
    translate("fr", "djangojs", 'msgid "Row"\nmsgstr ""', 'msgid "Row"\nmsgstr "Ligne"')
    [line] = messages.what_is_stale()
    assert line.endswith("fr/LC_MESSAGES/djangojs.po has changed since it was compiled")


@needs_gettext
def test_a_new_extraction_keeps_translations_and_guesses_none(repository: Path) -> None:
    messages.main([])
    translate("fr", "djangojs", 'msgid "Row"\nmsgstr ""', 'msgid "Row"\nmsgstr "Ligne"')
    (repository / "edx_proctoring/static/app/js/app.js").write_text("gettext('Rows')")
    messages.main([])
    found = {entry.msgid: entry.msgstr for entry in polib.pofile(str(catalogue("fr", "djangojs")))}
    assert found == {"Row": "Ligne", "More": "", "Rows": ""}, "kept, and nothing guessed"


@needs_gettext
def test_unchanged_sources_leave_every_file_as_it_is(repository: Path) -> None:
    messages.main([])
    before = {path: path.read_bytes() for path in messages.catalogues().rglob("*.?o")}
    messages.main([])
    assert {path: path.read_bytes() for path in messages.catalogues().rglob("*.?o")} == before
    assert len(before) == 4 * (1 + len(messages.LANGUAGES))


@needs_gettext
def test_a_language_for_learners_has_their_messages_only(repository: Path) -> None:
    messages.main([])
    for language in messages.LEARNER_LANGUAGES:
        found = {entry.msgid for entry in polib.pofile(str(catalogue(language, "django")))}
        assert found == {"Wait…", "Hello <b>%(name)s</b>"}, "those of the page"
        assert list(polib.pofile(str(catalogue(language, "djangojs")))) == []


@pytest.mark.contract("languages#learners")
@pytest.mark.parametrize("pattern", messages.LEARNER_SOURCES)
def test_each_source_for_learners_has_messages(pattern: str) -> None:
    listed = [entry for file in messages.po_files("en") for entry in polib.pofile(str(messages.catalogues() / file))]
    assert any(fnmatch(source, pattern) for entry in listed for source, _line in entry.occurrences)


@needs_gettext
def test_a_broken_format_is_reported(repository: Path) -> None:
    """``msgfmt --check`` runs; what it finds is not found by the checks of our own."""
    messages.main([])
    broken = 'msgstr "%(n)"'
    translate("fr", "django", 'msgid "Title"\nmsgstr ""', f'#, python-format\nmsgid "Title"\n{broken}')
    assert any("django.po" in line and "format" in line for line in messages.what_is_incomplete("fr"))


@needs_gettext
@pytest.mark.parametrize("path", UNDERSCORE_TEMPLATES, ids=[path.stem for path in UNDERSCORE_TEMPLATES])
def test_each_call_of_gettext_in_an_underscore_template_is_extracted(path: Path, tmp_path: Path) -> None:
    """A quote in its HTML would hide what follows on the same line from xgettext, which then still exits with 0."""
    messages.copy_source(str(path), str(tmp_path / path.name))
    command = ["xgettext", "--language=JavaScript", "--from-code=UTF-8", "--add-location=full", "--output=-", path.name]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert len(re.findall(rf"{path.name}:\d+", found)) == len(re.findall(r"gettext\(", path.read_text("utf-8")))


@needs_gettext
def test_an_untranslated_language_is_not_complete(repository: Path) -> None:
    messages.main([])
    assert len(list(messages.what_is_incomplete("zh_CN"))) == 8
    assert messages.main(["--complete"]) == 1


def message(source: str, *translations: str, plural: str = "", fuzzy: bool = False) -> polib.POEntry:
    forms = {"msgstr_plural": dict(enumerate(translations))} if plural else {"msgstr": translations[0]}
    return polib.POEntry(msgid=source, msgid_plural=plural, flags=["fuzzy"] * fuzzy, **forms)


@pytest.mark.parametrize(
    ("entry", "language"),
    [
        pytest.param(message("Row", "Ligne"), "fr", id="word"),
        pytest.param(message("OK", "OK"), "fr", id="one-word-that-is-the-same"),
        pytest.param(message("{a} and %(b)s", "%(b)s et {a}"), "fr", id="placeholders-in-another-order"),
        pytest.param(message('<a href="#">Go</a>', '<a href="#">Aller</a>'), "fr", id="tags"),
        pytest.param(
            message("%(n)s day", *["%(n)s día", "%(n)s días", "%(n)s días"], plural="%(n)s days"), "es_419", id="plural"
        ),
        pytest.param(
            message("%(n)s day", "z", "one", "two", "%(n)s f", "%(n)s m", "%(n)s o", plural="%(n)s days"),
            "ar",
            id="forms-for-one-number-without-it",
        ),
        pytest.param(message("%(n)s day", "%(n)s 天", plural="%(n)s days"), "zh_CN", id="one-form"),
    ],
)
def test_a_correct_translation_has_no_problem(entry: polib.POEntry, language: str) -> None:
    assert list(messages.problems_of(entry, language)) == []


@pytest.mark.parametrize(
    ("entry", "language", "problem"),
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
            message("%(n)s day", "un jour", "%(n)s jours", "%(n)s jours", plural="%(n)s days"),
            "fr",
            "placeholders",
            id="zero-is-one-in-french",
        ),
        pytest.param(message("", "Plural-Forms: nplurals=3; plural=0;"), "fr", "plural forms", id="header"),
    ],
)
def test_an_incorrect_translation_is_reported(entry: polib.POEntry, language: str, problem: str) -> None:
    assert any(problem in line for line in messages.problems_of(entry, language))
