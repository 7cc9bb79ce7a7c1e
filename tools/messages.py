#!/usr/bin/env python3
"""Message catalogues: Django's ``makemessages`` and ``compilemessages``, and the checks that they lack.

``python tools/messages.py``            extract, merge into every language, compile
``python tools/messages.py --check``    write nothing; fail if the catalogues are not what the sources say
``python tools/messages.py --complete`` write nothing; fail if a translation is missing or wrong

The package and the demo have catalogues of their own. Needs GNU gettext. Why these languages under these names:
docs/decisions/0007-languages.rst.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import polib
from django.core.management import call_command
from django.core.management.commands import makemessages

ROOT = Path(__file__).resolve().parent.parent
DOMAINS = {"django": ["html", "txt", "py"], "djangojs": ["js", "underscore"]}  # domain -> where its messages are
NOT_SHIPPED = shutil.ignore_patterns("tests", "migrations", "spec", "vendor", "node_modules", "__pycache__", "locale")
SOURCE = "en"
# Language -> plural forms. The names are those of the platform's own catalogues.
# Scripts count with one formula for the catalogues of all packages, so these are the platform's forms and Django's.
# Where these two differ, it is the larger number, with equal texts for the second and third form: both formulas fit.
# The first form is that of one, in French also that of zero.
_ONE = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
_ZERO_AND_ONE = "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
FULL_LANGUAGES = {
    "es_419": _ONE,
    "fr": _ZERO_AND_ONE,
    "ar": "nplurals=6; plural="
    "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;",
    "zh_CN": "nplurals=1; plural=0;",
}
# Languages with the messages of learners only; what staff read falls back to fr (fr_CA), es (es_AR, es_ES) or English.
LEARNER_LANGUAGES = {
    "ca": "nplurals=2; plural=(n != 1);",
    "cs": "nplurals=4; plural="
    "(n == 1 && n % 1 == 0) ? 0 : (n >= 2 && n <= 4 && n % 1 == 0) ? 1: (n % 1 != 0 ) ? 2 : 3;",
    "de_DE": "nplurals=2; plural=(n != 1);",
    "es_AR": _ONE,
    "es_ES": _ONE,
    "fa_IR": "nplurals=2; plural=(n > 1);",
    "fr_CA": _ZERO_AND_ONE,
    "he": "nplurals=4; plural="
    "(n == 1 && n % 1 == 0) ? 0 : (n == 2 && n % 1 == 0) ? 1: (n % 10 == 0 && n % 1 == 0 && n > 10) ? 2 : 3;",
    "it_IT": _ONE,
    "pt_PT": _ONE,
    "ru": "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? "
    "1 : n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14)? 2 : 3);",
    "sw_KE": "nplurals=2; plural=(n != 1);",
    "tr_TR": "nplurals=2; plural=(n > 1);",
}
LANGUAGES = FULL_LANGUAGES | LEARNER_LANGUAGES
# Where the messages of learners are: pages, mails, timer and dialogs, and what the REST API answers them.
LEARNER_SOURCES = (
    "edx_proctoring/api/attempts/deadline_report.py",
    "edx_proctoring/api/attempts/start_gates.py",
    "edx_proctoring/api/effects/*",
    "edx_proctoring/api/learner/*",
    "edx_proctoring/api/onboarding/*",
    "edx_proctoring/backends/*",
    "edx_proctoring/callbacks.py",
    "edx_proctoring/constructor/*",
    "edx_proctoring/static/proctoring/js/exam_action_handler.js",
    "edx_proctoring/static/proctoring/js/views/proctored_exam_info.js",
    "edx_proctoring/static/proctoring/js/views/proctored_exam_view.js",
    "edx_proctoring/static/proctoring/templates/proctored-exam-info.underscore",
    "edx_proctoring/templates/*",
    "edx_proctoring/utils/exams.py",
    "edx_proctoring/utils/durations.py",
    "edx_proctoring/views/attempts.py",
    "edx_proctoring/views/callbacks.py",
    "edx_proctoring/views/error_responses.py",
    "edx_proctoring/views/onboarding.py",
    "edx_proctoring/views/permissions.py",
    "edx_proctoring/views/problem_details.py",
    "seb_openedx/exams/start_gate.py",
    "seb_openedx/exams/learner_pages.py",
    "seb_openedx/exams/learner_texts.py",
    "seb_openedx/exams/views.py",
    "seb_openedx/texts.py",
)
# What learners see of the demo. Studio and the instructor page are for staff; pages under /_demo/ are English.
DEMO_LEARNER_SOURCES = (
    "demo/host/access.py",
    "demo/host/published_course.py",
    "demo/host/seed_data.py",
    "demo/host/templates/40*.html",
    "demo/host/templates/500.html",
    "demo/host/templates/demo/bare.html",
    "demo/host/templates/demo/base.html",
    "demo/host/templates/demo/course_base.html",
    "demo/host/templates/demo/home.html",
    "demo/host/templates/demo/includes/*",
    "demo/host/templates/demo/outline.html",
    "demo/host/templates/demo/progress.html",
    "demo/host/templates/demo/sequence.html",
    "demo/host/templates/demo/text.html",
    "demo/host/templates/demo/unit.html",
    "demo/host/views/courseware.py",
    "demo/host/views/progress.py",
    "demo/host/views/support.py",
    "demo/host/words.py",
    "demo/static/demo/host.js",
)


@dataclass(frozen=True)
class Catalogues:
    """Apps that share a folder of catalogues, both relative to ``ROOT``. ``for_learners``: patterns of source files."""

    apps: tuple[str, ...]
    folder: str
    for_learners: tuple[str, ...]


# Both apps are installed together, so they share the catalogues of the first.
PACKAGE = Catalogues(("edx_proctoring", "seb_openedx"), "edx_proctoring/conf/locale", LEARNER_SOURCES)
DEMO = Catalogues(("demo",), "demo/locale", DEMO_LEARNER_SOURCES)
ALIASES = {"es": "es_419", "sw": "sw_KE", "zh_Hans": "zh_CN"}  # links, named as Django itself names these languages
# Forms that stand for one number and may omit it: "one minute" is one word in Arabic.
ONE_NUMBER = {"ar": {0, 1, 2}, "cs": {0}, "he": {0, 1}}
# What a translation must have exactly as often as its source: %(name)s, %s, {name}, tags, entities.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%|\{\w*\}|</?[a-zA-Z][^>]*>|&\w+;")


class MakeMessages(makemessages.Command):
    """A changed message becomes an untranslated one, where Django's own command guesses (fuzzy)."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


def catalogues(of: Catalogues = PACKAGE) -> Path:
    """Return the folder with one folder per language."""
    return ROOT / of.folder


def po_files(*languages: str) -> list[Path]:
    """The files of these languages (default: all), relative to ``catalogues()``."""
    names = languages or (SOURCE, *LANGUAGES)
    return [Path(language, "LC_MESSAGES", f"{domain}.po") for language in names for domain in DOMAINS]


def read(path: Path) -> dict[tuple[str | None, str, str], list[str]]:
    """Each message of a ``.po`` or ``.mo`` file with its plural forms; without any while untranslated or fuzzy."""
    entries = polib.mofile(str(path)) if path.suffix == ".mo" else polib.pofile(str(path))
    done = entries.translated_entries()
    return {
        (e.msgctxt, e.msgid, e.msgid_plural): [e.msgstr, *e.msgstr_plural.values()] if e in done else []
        for e in entries
        if not e.obsolete
    }


def copy_source(source: str, target: str) -> None:
    """Copy a file. Of an underscore template only the code: xgettext takes a quote in HTML for a string's start."""
    text = Path(source).read_bytes()
    if source.endswith(".underscore"):
        pieces = re.split(rb"<%[-=]?|%>", text)  # every second piece is code
        text = b"".join(b";%b;" % piece if i % 2 else b"\n" * piece.count(b"\n") for i, piece in enumerate(pieces))
    Path(target).write_bytes(text)


def is_for_learners(entry: polib.POEntry, patterns: tuple[str, ...]) -> bool:
    """Whether a learner reads the message; staff may read it too. ``patterns``: of the sources of such messages."""
    return any(fnmatch(source, pattern) for source, _line in entry.occurrences for pattern in patterns)


def leave_to_learners(path: Path, patterns: tuple[str, ...]) -> None:
    """Remove from a ``.po`` file what only staff read."""
    file = polib.pofile(str(path), wrapwidth=-1)
    file[:] = [entry for entry in file if is_for_learners(entry, patterns)]
    file.save()


@contextmanager
def extracted(of: Catalogues = PACKAGE, *, verbosity: int = 1) -> Iterator[Path]:
    """A temporary copy of the catalogues with exactly the messages of the sources. ``verbosity``: as Django has it."""
    with TemporaryDirectory() as folder, chdir(folder):
        for app in of.apps:
            if (ROOT / app).exists():
                shutil.copytree(ROOT / app, app, ignore=NOT_SHIPPED, copy_function=copy_source)
        # Django 4.2 skips a folder named es_419, so the copy has plain names until its messages are made.
        plain = {language: re.sub("[^a-z]", "", language.lower()) for language in (SOURCE, *LANGUAGES)}
        for file in po_files():
            copy, old, new = (
                Path("locale", plain[file.parts[0]], *file.parts[1:]),
                catalogues(of) / file,
                polib.POFile(),
            )
            new.metadata = {"Language": file.parts[0], "Content-Type": "text/plain; charset=UTF-8"}
            new.metadata["Plural-Forms"] = LANGUAGES.get(file.parts[0], "nplurals=2; plural=(n != 1);")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(old.read_text("utf-8") if old.exists() else str(new), "utf-8")
        options = {"no_obsolete": True, "no_wrap": True, "add_location": "file", "ignore_patterns": ["locale"]}
        options["verbosity"] = verbosity
        for domain, extensions in DOMAINS.items():
            call_command(MakeMessages(), domain=domain, extensions=extensions, locale=[*plain.values()], **options)
        for language, name in plain.items():
            Path("locale", name).rename(Path("locale", language))
        for file in po_files(*LEARNER_LANGUAGES):
            leave_to_learners(Path("locale", file), of.for_learners)
        yield Path(folder, "locale")


def renew(of: Catalogues = PACKAGE) -> None:
    """Write and compile every catalogue."""
    with extracted(of) as fresh:
        for file in po_files():
            (catalogues(of) / file).parent.mkdir(parents=True, exist_ok=True)
            # The date would change with every run.
            text = re.sub(r'"POT-Creation-Date: .*\n', "", (fresh / file).read_text("utf-8"))
            (catalogues(of) / file).write_text(text, "utf-8")
    for alias, language in ALIASES.items():
        if not (catalogues(of) / alias).is_symlink():
            (catalogues(of) / alias).symlink_to(language)
    with chdir(ROOT / of.apps[0]):
        call_command("compilemessages", locale=[SOURCE, *LANGUAGES])


def what_is_stale(of: Catalogues = PACKAGE) -> Iterator[str]:
    """Yield what ``renew`` would change."""
    with extracted(of, verbosity=0) as fresh:
        for file in po_files():
            path = catalogues(of) / file
            if not path.exists() or not path.with_suffix(".mo").exists():
                yield f"{file} or its .mo file is missing"
                continue
            wanted, listed, compiled = read(fresh / file), read(path), read(path.with_suffix(".mo"))
            yield from (f"{file}: not listed: {key[1]!r}" for key in wanted.keys() - listed)
            yield from (f"{file}: no longer used: {key[1]!r}" for key in listed.keys() - wanted)
            if compiled != {key: forms for key, forms in listed.items() if forms}:
                yield f"{file} has changed since it was compiled"
    for alias, language in ALIASES.items():
        if (catalogues(of) / alias).resolve() != (catalogues(of) / language).resolve():
            yield f"{alias} is not a link to {language}"


def what_is_incomplete(*languages: str, of: Catalogues = PACKAGE) -> Iterator[str]:
    """Yield what a translator still has to do."""
    for file in po_files(*(languages or LANGUAGES)):
        checked = ["msgfmt", "--check", "--output-file=/dev/null", str(catalogues(of) / file)]
        done = subprocess.run(checked, capture_output=True, text=True)  # noqa: S603 - our own files
        if done.returncode:
            yield done.stderr
        catalogue = polib.pofile(str(catalogues(of) / file))
        for entry in (catalogue.metadata_as_entry(), *catalogue):
            yield from (f"{file}: {problem}: {entry.msgid!r}" for problem in problems_of(entry, file.parts[0]))


def problems_of(entry: polib.POEntry, language: str) -> Iterator[str]:
    """Yield what is wrong with one message of a language. ``msgfmt`` looks at formats and line ends only."""
    if entry.fuzzy:
        yield "fuzzy"
    if not entry.msgid:  # the header
        if f"Plural-Forms: {LANGUAGES[language]}" not in entry.msgstr:
            yield f"the plural forms are not {LANGUAGES[language]}"
        return
    forms, wanted = {0: entry.msgstr}, 1
    if entry.msgid_plural:
        forms, wanted = entry.msgstr_plural, int(LANGUAGES[language][len("nplurals=")])
    if sorted(forms) != list(range(wanted)):
        yield f"has {len(forms)} forms instead of {wanted}"
    source = entry.msgid_plural or entry.msgid
    for index, text in forms.items():
        if not text.strip():
            yield "untranslated"
            continue
        expected, found = Counter(PLACEHOLDER.findall(source)), Counter(PLACEHOLDER.findall(text))
        if found != expected and not (found <= expected and index in ONE_NUMBER.get(language, ())):
            yield f"placeholders or tags differ in {text!r}"
        if [source[0].isspace(), source[-1].isspace()] != [text[0].isspace(), text[-1].isspace()]:
            yield f"white space at the start or end differs in {text!r}"
        if text == entry.msgid and len(re.findall(r"[A-Za-z]{2,}", PLACEHOLDER.sub(" ", text))) > 1:
            yield "still English"


def main(arguments: list[str] | None = None) -> int:
    """Renew or check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail if the files are not what the sources say")
    parser.add_argument("--complete", action="store_true", help="fail if a translation is missing or wrong")
    options = parser.parse_args(arguments)
    mistakes: list[str] = []
    for of in (PACKAGE, DEMO):
        if not (ROOT / of.apps[0]).exists():
            continue
        if not options.check and not options.complete:
            renew(of)
        found = sorted(what_is_stale(of)) if options.check else []
        found += what_is_incomplete(of=of) if options.complete else []
        mistakes += [f"{of.folder}/{mistake}" for mistake in found]
    if mistakes:
        advice = "Translate what is missing, then run `make messages`."
        sys.stderr.write("\n".join([*mistakes, f"{len(mistakes)} mistakes in the catalogues. {advice}\n"]))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
