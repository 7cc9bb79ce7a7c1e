"""The command line: look into a ``.seb`` file, compute its Config Key, make one.

::

    python -m seb_openedx.protocol inspect exam.seb --json
    python -m seb_openedx.protocol key exam.seb --url https://lms.example.com/courses/
    python -m seb_openedx.protocol generate exam.seb --start-url https://… --quit-url https://…

Passwords come from files, never from arguments, which other users of the machine can see.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from seb_openedx.protocol import generator, keys, lint, seb_file
from seb_openedx.protocol.config_key import compute_config_key
from seb_openedx.protocol.errors import InvalidSettings, SebError
from seb_openedx.protocol.passwords import hash_password
from seb_openedx.protocol.settings import summarize


class Output(Protocol):
    """Where the command prints."""

    def write(self, text: str, /) -> object:
        """Print a text."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three commands to a parser."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    inspect = commands.add_parser(
        "inspect", help="print format, Config Key, settings and problems; exit with 1 on errors"
    )
    _add_input(inspect)
    inspect.add_argument("--json", action="store_true", help="print JSON")

    key = commands.add_parser("key", help="print the Config Key")
    _add_input(key)
    key.add_argument("--url", help="print what a client sends for this address instead")

    generate = commands.add_parser("generate", help="write a file for an exam and print its Config Key")
    generate.add_argument("file", metavar="FILE", type=Path, help="the .seb file; it must not exist yet")
    generate.add_argument("--start-url", required=True, metavar="URL", help="where the exam starts")
    generate.add_argument("--quit-url", required=True, metavar="URL", help="the address that ends Safe Exam Browser")
    generate.add_argument("--options", type=Path, metavar="JSON", help="a file with an object of settings by name")
    generate.add_argument(
        "--always-allow", action="append", default=[], metavar="EXPRESSION", help="for the URL filter"
    )
    generate.add_argument("--quit-password-file", type=Path, metavar="TEXT", help="a file with the quit password")
    generate.add_argument("--encrypt-password-file", type=Path, metavar="TEXT", help="encrypt with the password in it")
    generate.add_argument("--force", action="store_true", help="overwrite the file")


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the .seb file")
    parser.add_argument("--password-file", type=Path, metavar="TEXT", help="a file with the password, if it has one")
    parser.add_argument(
        "--max-bytes",
        type=int,
        default=seb_file.MAX_BYTES,
        help="largest file that is read (default %(default)s)",
    )


def execute(options: argparse.Namespace, stdout: Output) -> int:
    """Do what parsed arguments say; return the exit status.

    Raises :class:`~seb_openedx.protocol.errors.SebError`, and OSError for files that cannot be read or written.
    """
    commands = {"inspect": _inspect, "key": _key, "generate": _generate}
    return commands[options.command](options, stdout)


def run(argv: Sequence[str], stdout: Output) -> int:
    """Parse arguments and do what they say; return the exit status. Errors as in :func:`execute`."""
    parser = argparse.ArgumentParser(
        prog="python -m seb_openedx.protocol", description=(__doc__ or "").split("\n\n")[0]
    )
    add_arguments(parser)
    return execute(parser.parse_args(argv), stdout)


def main() -> int:
    """The command itself: an error is one line on stderr and exit status 2."""
    try:
        return run(sys.argv[1:], sys.stdout)
    except (SebError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _inspect(options: argparse.Namespace, stdout: Output) -> int:
    file = _read(options)
    findings = lint.lint_settings(file.settings)
    report: dict[str, Any] = {
        "format": file.format,
        "encrypted": file.encrypted,
        "gzipped": file.gzipped,
        "originator": file.originator,
        "config_key": file.config_key(),
        "settings": summarize(file.settings),
        "findings": [asdict(finding) for finding in findings],
    }
    if options.json:
        stdout.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    else:
        for name in ("format", "encrypted", "gzipped", "originator", "config_key"):
            stdout.write(f"{name}: {_word(report[name])}\n")
        for name, value in report["settings"].items():
            stdout.write(f"{name}: {_word(value)}\n")
        for finding in findings:
            stdout.write(f"{finding.level} {finding.code} at {finding.key!r}: {finding.message}\n")
    return 1 if lint.has_errors(findings) else 0


def _word(value: object) -> str:
    # A text is printed as it is unless it could break the line or the terminal.
    if isinstance(value, str) and value.isprintable():
        return value
    return json.dumps(value)


def _key(options: argparse.Namespace, stdout: Output) -> int:
    key = _read(options).config_key()
    stdout.write(f"{keys.header_hash(options.url, key) if options.url else key}\n")
    return 0


def _generate(options: argparse.Namespace, stdout: Output) -> int:
    settings = generator.generate(
        _read_options(options.options) if options.options else {},
        start_url=options.start_url,
        quit_url=options.quit_url,
        quit_password_hash=hash_password(_read_password(options.quit_password_file) or ""),
        always_allow=options.always_allow,
    )
    data = seb_file.encode(settings, password=_read_password(options.encrypt_password_file))
    with options.file.open("wb" if options.force else "xb") as stream:
        stream.write(data)
    stdout.write(f"{compute_config_key(settings)}\n")
    return 0


def _read(options: argparse.Namespace) -> seb_file.SebFile:
    with options.file.open("rb") as stream:
        data = stream.read(options.max_bytes + 1)  # enough to see that it is too large
    return seb_file.decode(data, password=_read_password(options.password_file), max_bytes=options.max_bytes)


def _read_options(path: Path) -> dict[str, Any]:
    try:
        options = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:  # also for bytes that are not UTF-8, and for endless brackets
        raise InvalidSettings({"options": f"{path} is not JSON: {error}"}) from error
    if not isinstance(options, dict):
        raise InvalidSettings({"options": f"{path} must hold an object"})
    return options


def _read_password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise InvalidSettings({"password": f"{path} is not UTF-8"}) from error
