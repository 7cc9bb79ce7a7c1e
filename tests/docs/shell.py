"""What is wrong with a command of the documentation: a target, module, option or file that does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from django.core.management import CommandError, get_commands, load_command_class

import edx_proctoring
from tests.docs.blocks import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"\$[({]([A-Z_]+)[)}]", MAKEFILE))
PACKAGE = json.loads((ROOT / "package.json").read_text("utf-8"))
EXTRAS = set(
    re.findall(r'^        "(\w+)": \[', (ROOT / "setup.py").read_text("utf-8").partition("extras_require")[2], re.M)
)
DEMO_COMMANDS = {path.stem for path in (ROOT / "demo/host/management/commands").glob("[a-z]*.py")}


def problem(words: list[str]) -> str | None:
    """Return what is wrong with a command, None if nothing is."""
    while words[0] in ("sudo", "nice"):
        words = words[1:]
    program = Path(words[0]).name
    for index, word in enumerate(words[:3]):
        if word.endswith("manage.py"):
            return _manage(words[index + 1 :])
    if program.startswith("python") and words[1:2] == ["-m"]:
        return _pip(words[3:]) if words[2] == "pip" else _module(words[2], words[3:])
    if program.startswith("python") and len(words) > 1:
        return None if (ROOT / words[1]).is_file() else f"there is no file {words[1]}"
    check = _PROGRAMS.get(program)
    if check is None:
        return f"{program} is not one of our programs: mark the block"
    return check(words[1:])


def _make(arguments: list[str]) -> str | None:
    targets = [word for word in arguments if "=" not in word and not word.startswith("-")]
    unknown = set(targets) - TARGETS
    if unknown:
        return f"the Makefile has no target {sorted(unknown)}"
    for name, _equals, value in (word.partition("=") for word in arguments if "=" in word):
        if name not in VARIABLES:
            return f"the Makefile reads no variable {name}"
        for target in targets if name.endswith("_OPTIONS") else ():
            recipe = MAKEFILE.partition(f"\n{target}:")[2].partition("\n\n")[0]
            if not any(_has_options(module, value) is None for module in re.findall(r"-m ((?:bench|demo)\S*)", recipe)):
                return f"no program of {target} takes {value}"
    return None


def _manage(arguments: list[str]) -> str | None:
    if arguments[:1] in (["lms"], ["cms"]):
        arguments = arguments[1:]
    if not arguments:
        return "manage.py without a command"
    name, *rest = arguments
    app = get_commands().get(name)
    if app is None:
        return f"there is no command {name}"
    command = load_command_class(app, name) if isinstance(app, str) else app
    try:
        command.create_parser("manage.py", name).parse_args(rest)
    except (CommandError, SystemExit) as error:
        return f"{name} does not take {rest}: {error}"
    return None


def _module(module: str, arguments: list[str]) -> str | None:
    if module == "demo.manage":
        if arguments[0] in DEMO_COMMANDS:
            return _has_options(f"demo.host.management.commands.{arguments[0]}", " ".join(arguments))
        return _manage(arguments)
    return _has_options(module, " ".join(arguments))


def _has_options(module: str, arguments: str) -> str | None:
    """Look for each option in the module's sources: importing the programs would take longer than all other tests."""
    sources = _sources(module)
    if not sources:
        return None if find_spec(module.partition(".")[0]) else f"there is no module {module}"
    text = "".join(path.read_text("utf-8") for path in sources)
    missing = [option for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", arguments) if f'"{option}"' not in text]
    return f"{module} has no option {missing}" if missing else None


def _sources(module: str) -> list[Path]:
    for folder in (ROOT, ROOT / "mock_provider"):
        path = folder.joinpath(*module.split("."))
        if path.with_suffix(".py").is_file():
            return [path.with_suffix(".py")]
        if (path / "__init__.py").is_file() or (path / "__main__.py").is_file():
            return sorted(path.glob("*.py"))
    return []


def _pip(arguments: list[str]) -> str | None:
    if arguments[:1] not in (["install"], ["uninstall"], ["download"]):
        return f"pip {arguments[:1]}"
    for word in arguments[1:]:
        if word.startswith((".", "/")) or word.endswith(".txt"):
            path = word.partition("[")[0]
            if not path.startswith("/") and not (ROOT / path).exists():
                return f"there is no {path}"
        ours = re.fullmatch(r"edx-proctoring(?:\[(\w+)\])?(?:==(.+))?", word)
        if ours and ours[1] and ours[1] not in EXTRAS:
            return f"there is no extra {ours[1]}"
        if ours and ours[2] and ours[2] not in (edx_proctoring.__version__, "6.1.4"):
            return f"the version is {edx_proctoring.__version__}, not {ours[2]}"
    return None


def _npm(arguments: list[str]) -> str | None:
    if arguments[0] == "run":
        return None if arguments[1] in PACKAGE["scripts"] else f"package.json has no script {arguments[1]}"
    if arguments[0] == "install":
        major = edx_proctoring.__version__.partition(".")[0]
        wanted = f"{PACKAGE['name']}@^{major}"
        return None if all(word == wanted for word in arguments[1:]) else f"not {wanted}"
    return None if arguments[0] in ("ci", "test", "pack") else f"npm {arguments[0]}"


def _node(arguments: list[str]) -> str | None:
    return None if (ROOT / arguments[0]).is_file() else f"there is no file {arguments[0]}"


def _git(arguments: list[str]) -> str | None:
    return None if arguments[0] in ("clone", "tag", "push", "switch", "commit", "log", "describe") else "git: mark it"


def _fine(arguments: list[str]) -> str | None:
    return None


_PROGRAMS: dict[str, Callable[[list[str]], str | None]] = {
    "make": _make,
    "pip": _pip,
    "npm": _npm,
    "node": _node,
    "git": _git,
    "cd": _fine,
    "sh": _node,
    "pytest": _fine,
    "pre-commit": _fine,
}
