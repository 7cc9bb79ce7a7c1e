#!/usr/bin/env python3
"""The words of the product: from the sources to ``.po`` files for translators, and from these to ``.mo`` files.

``python tools/messages.py``            extract, merge into every language, compile
``python tools/messages.py --check``    write nothing; fail if one of these three would change something
``python tools/messages.py --complete`` write nothing; fail if a language lacks a word, or has one that is wrong

Extraction, per app of ``APPS``: Python files and Django templates go to the domain ``django``, scripts and
underscore templates to ``djangojs``. English is the source: its files list the words, with empty translations.
A word that has changed becomes an untranslated one; nothing is guessed, so nothing is fuzzy.

Needs GNU gettext (``xgettext``, ``msgmerge``, ``msgfmt``) and Django. Why these languages under these names:
docs/decisions/0007-languages.rst.
"""

from __future__ import annotations

import argparse
import gettext
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
# App -> its catalogues. A folder that is not there (yet) is left out.
APPS = {"edx_proctoring": "conf/locale", "seb_openedx": "locale"}
DOMAINS = ("django", "djangojs")
SOURCE = "en"
# Language -> (how many plural forms, which one for n). The names are those of the platform's own catalogues.
LANGUAGES = {
    "es_419": (2, "(n != 1)"),
    "fr": (2, "(n > 1)"),
    "ar": (
        6,
        "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5",
    ),
    "zh_CN": (1, "0"),
}
# The same files once more, under the names that Django itself has for these languages.
ALIASES = {"es": "es_419", "zh_Hans": "zh_CN"}
# Plural forms that stand for one number only, so that it may be left out: "one minute" in Arabic is a single word.
ONE_NUMBER = {"ar": {0, 1, 2}}

NOT_SHIPPED = {"tests", "migrations", "spec", "vendor", "node_modules", "__pycache__", "locale"}
PYTHON_KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
)
SCRIPT_KEYWORDS = ("gettext", "ngettext:1,2", "pgettext:1c,2", "npgettext:1c,2,3")
# What a translation must have exactly as often as its source: %(name)s, %s, {name}, tags, entities.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%|\{\w*\}|</?[a-zA-Z][^>]*>|&\w+;")
WORD = re.compile(r"[A-Za-z]{2,}")

HEADER = """{comment}
# This file is distributed under the same license as the edx-proctoring package.
msgid ""
msgstr ""
"Project-Id-Version: edx-proctoring\\n"
"Report-Msgid-Bugs-To: \\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals={count}; plural={formula};\\n"
"""
COMMENTS = {
    "django": "# Words that the server shows. The list is made by tools/messages.py.",
    "djangojs": "# Words that the browser code shows. The list is made by tools/messages.py.",
}


@dataclass
class Message:
    """One entry of a ``.po`` file."""

    context: str | None = None
    source: str = ""
    plural: str | None = None
    translations: dict[int, str] = field(default_factory=dict)
    is_fuzzy: bool = False

    @property
    def key(self) -> tuple[str | None, str, str | None]:
        """What makes it the same word in another language."""
        return self.context, self.source, self.plural


# --- Reading -----------------------------------------------------------------------------------------------


def parse(text: str) -> list[Message]:
    """Return the messages of a ``.po`` file, its header (source ``""``) first; those out of use are left out."""
    messages: list[Message] = []
    for block in re.split(r"\n\s*\n", text):
        message, part, index = Message(), "", 0
        has_source = False
        for line in block.splitlines():
            if line.startswith("#,"):
                message.is_fuzzy = "fuzzy" in line
            if line.startswith("#") or not line.strip():
                continue
            found = re.match(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])?\s+(".*")$', line)
            if found:
                part, index = found[1], int(found[2] or 0)
                has_source = has_source or part == "msgid"
                line = found[3]
            _append(message, part, index, _unquote(line))
        if has_source:
            messages.append(message)
    return messages


def _append(message: Message, part: str, index: int, text: str) -> None:
    if part == "msgctxt":
        message.context = (message.context or "") + text
    elif part == "msgid":
        message.source += text
    elif part == "msgid_plural":
        message.plural = (message.plural or "") + text
    elif part == "msgstr":
        message.translations[index] = message.translations.get(index, "") + text


def _unquote(line: str) -> str:
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found[1], found[1]), line.strip()[1:-1])


# --- Extracting --------------------------------------------------------------------------------------------


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run one of GNU gettext's programs and return what it prints; the reason, if it fails."""
    if shutil.which(command[0]) is None:
        sys.exit(f"{command[0]} is missing: install GNU gettext (Debian: apt-get install gettext).")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603  (ours)
    if done.returncode:
        sys.exit(f"{' '.join(command[:1])} failed:\n{done.stderr}")
    return done.stdout


def sources(app: str, domain: str) -> Iterator[Path]:
    """Yield the files of an app that may hold words, sorted."""
    suffixes = {".py", ".html", ".txt"} if domain == "django" else {".js", ".underscore"}
    folder = ROOT / app
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix not in suffixes or NOT_SHIPPED.intersection(parts):
            continue
        if path.suffix == ".py" or "templates" in parts or domain == "djangojs":
            yield path


def as_program(path: Path) -> str:
    """Return the file as Python or JavaScript, line by line, so that ``xgettext`` can read it."""
    text = path.read_text("utf-8")
    if path.suffix in (".html", ".txt"):
        return str(templatize(text))
    if path.suffix == ".underscore":
        return underscore_as_script(text)
    return text


def underscore_as_script(text: str) -> str:
    """Return what stands between ``<%`` and ``%>``; of the rest, the line breaks only."""
    script = []
    for number, piece in enumerate(re.split(r"<%[-=]?|%>", text)):
        # Odd pieces are code. A semicolon on either side keeps neighbours apart.
        script.append(f";{piece};" if number % 2 else "\n" * piece.count("\n"))
    return "".join(script)


def extract(app: str, domain: str) -> str:
    """Return the words of an app as the text of a ``.po`` file without translations."""
    language, keywords = ("Python", PYTHON_KEYWORDS) if domain == "django" else ("JavaScript", SCRIPT_KEYWORDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed = []
        for path in sources(app, domain):
            relative = path.relative_to(ROOT).as_posix()
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            (folder / relative).write_text(as_program(path), "utf-8")
            listed.append(relative)
        if not listed:
            return header(domain, SOURCE)
        (folder / "files").write_text("\n".join(listed), "utf-8")
        found = run(
            *("xgettext", "--files-from=files", "--output=-", f"--language={language}", "--from-code=UTF-8"),
            *("--no-wrap", "--add-location=file", "--sort-by-file", "--add-comments=Translators"),
            *(f"--keyword={keyword}" for keyword in ("_", *keywords)),
            cwd=folder,
        )
    # Not --omit-header: without one, xgettext drops letters that are not ASCII. Its own holds the date, so ours.
    return with_header(found, domain, SOURCE)


def with_header(text: str, domain: str, language: str) -> str:
    """Return a ``.po`` file with our header in place of its own, and without words that are out of use."""
    blocks = [block.strip("\n") for block in text.split("\n\n")[1:]]
    used = [block for block in blocks if block and not re.search(r"^#~", block, re.MULTILINE)]
    return "\n\n".join([header(domain, language).rstrip("\n"), *used]) + "\n"


def header(domain: str, language: str) -> str:
    """Return the first entry of a ``.po`` file."""
    count, formula = LANGUAGES.get(language, (2, "(n != 1)"))
    return HEADER.format(comment=COMMENTS[domain], language=language, count=count, formula=formula)


# --- Files -------------------------------------------------------------------------------------------------


def apps() -> dict[str, Path]:
    """Return app -> folder of its catalogues, for the apps that are there."""
    return {app: ROOT / app / folder for app, folder in APPS.items() if (ROOT / app / "__init__.py").exists()}


def po_file(app: str, language: str, domain: str) -> Path:
    """Return where a catalogue is."""
    return apps()[app] / language / "LC_MESSAGES" / f"{domain}.po"


def merged(template: str, path: Path, domain: str, language: str) -> str:
    """Return a language's catalogue with exactly the words of the template and the translations it has."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "new.pot").write_text(template, "utf-8")
        (folder / "old.po").write_text(path.read_text("utf-8") if path.exists() else header(domain, language), "utf-8")
        text = run(
            *("msgmerge", "--quiet", "--no-fuzzy-matching", "--no-wrap", "--output-file=-", "old.po", "new.pot"),
            cwd=folder,
        )
    return with_header(text, domain, language)


def compiled(path: Path) -> bytes:
    """Return the ``.mo`` file of a ``.po`` file."""
    with tempfile.TemporaryDirectory() as name:
        run("msgfmt", "--check-header", "--endianness=little", f"--output-file={name}/messages.mo", str(path))
        return (Path(name) / "messages.mo").read_bytes()


def words_of(mo_file: Path) -> dict[object, str]:
    """Return what a ``.mo`` file translates, whichever version of gettext has written it."""
    with mo_file.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]


def renew() -> None:
    """Extract, merge, compile."""
    for app, folder in apps().items():
        for domain in DOMAINS:
            template = extract(app, domain)
            for language in (SOURCE, *LANGUAGES):
                path = po_file(app, language, domain)
                text = template if language == SOURCE else merged(template, path, domain, language)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
                path.with_suffix(".mo").write_bytes(compiled(path))
        for alias, language in ALIASES.items():
            if not (folder / alias).is_symlink():
                (folder / alias).symlink_to(language)
        sys.stdout.write(f"{app}: {', '.join((SOURCE, *LANGUAGES))} renewed in {folder.relative_to(ROOT)}\n")


# --- Checking ----------------------------------------------------------------------------------------------


def what_is_stale() -> list[str]:
    """Return what ``renew`` would change, as sentences."""
    mistakes = []
    for app, folder in apps().items():
        for domain in DOMAINS:
            wanted = {message.key for message in parse(extract(app, domain))}
            for language in (SOURCE, *LANGUAGES):
                path = po_file(app, language, domain)
                name = path.relative_to(ROOT)
                if not path.exists() or not path.with_suffix(".mo").exists():
                    mistakes.append(f"{name} or its .mo file is missing")
                    continue
                listed = {message.key for message in parse(path.read_text("utf-8"))}
                mistakes += [f"{name}: not listed: {key[1]!r}" for key in sorted(wanted - listed, key=str)]
                mistakes += [f"{name}: no longer used: {key[1]!r}" for key in sorted(listed - wanted, key=str)]
                if not _is_current(path):
                    mistakes.append(f"{name} has changed since it was compiled")
        mistakes += [
            f"{app}: {alias} is not a link to {language}"
            for alias, language in ALIASES.items()
            if (folder / alias).resolve() != (folder / language).resolve()
        ]
    return mistakes


def _is_current(path: Path) -> bool:
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name) / "messages.mo"
        fresh.write_bytes(compiled(path))
        return words_of(fresh) == words_of(path.with_suffix(".mo"))


def what_is_incomplete(languages: tuple[str, ...] = tuple(LANGUAGES)) -> list[str]:
    """Return what a translator still has to do, as sentences."""
    mistakes = []
    for app in apps():
        for language in languages:
            for domain in DOMAINS:
                path = po_file(app, language, domain)
                for message in parse(path.read_text("utf-8")) if path.exists() else []:
                    mistakes += [
                        f"{path.relative_to(ROOT)}: {problem}: {message.source!r}"
                        for problem in problems_of(message, language)
                    ]
    return mistakes


def problems_of(message: Message, language: str) -> Iterator[str]:
    """Yield what is wrong with one message of a language."""
    count, formula = LANGUAGES[language]
    if message.is_fuzzy:
        yield "fuzzy"
    if not message.source:
        if f"nplurals={count}; plural={formula};" not in message.translations.get(0, ""):
            yield f"the plural forms are not nplurals={count}; plural={formula}"
        return
    wanted_forms = range(count if message.plural is not None else 1)
    if sorted(message.translations) != list(wanted_forms):
        yield f"has {len(message.translations)} forms instead of {len(wanted_forms)}"
    for index, text in sorted(message.translations.items()):
        if not text.strip():
            yield "untranslated"
            continue
        source = message.source if message.plural is None else message.plural
        if not _has_placeholders_of(source, text, may_lack=index in ONE_NUMBER.get(language, ())):
            yield f"placeholders or tags differ in {text!r}"
        for edge in (0, -1):
            if (source[edge] == "\n") != (text[edge] == "\n") or source[edge].isspace() != text[edge].isspace():
                yield f"white space at the {'start' if edge == 0 else 'end'} differs in {text!r}"
        if text == message.source and len(WORD.findall(PLACEHOLDER.sub(" ", text))) > 1:
            yield "still English"


def _has_placeholders_of(source: str, text: str, may_lack: bool) -> bool:
    wanted, found = Counter(PLACEHOLDER.findall(source)), Counter(PLACEHOLDER.findall(text))
    return found <= wanted if may_lack else found == wanted


def main(arguments: list[str] | None = None) -> int:
    """Renew or check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail if the files are not what the sources say")
    parser.add_argument("--complete", action="store_true", help="fail if a language is not complete")
    options = parser.parse_args(arguments)
    if not options.check and not options.complete:
        renew()
        return 0
    mistakes = (what_is_stale() if options.check else []) + (what_is_incomplete() if options.complete else [])
    if mistakes:
        advice = "Run `make messages`." if options.check else "Translate them, then run `make messages`."
        sys.stderr.write("\n".join([*mistakes, f"{len(mistakes)} mistakes in the catalogues. {advice}\n"]))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
