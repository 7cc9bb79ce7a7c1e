"""The commands and code of the documentation work, or say why they are not checked.

Python is executed, settings are loaded and checked, other languages are parsed. Commands are not executed: their
targets, modules, subcommands, options and files must exist.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.management import get_commands
from django.template import engines
from django.test import RequestFactory, override_settings
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.settings import production
from tests.docs import shell
from tests.docs.blocks import ROOT, Block, commands, pages, read, restructured_text
from tests.factories import make_user

PAGES = pages()
BLOCKS = [block for page in PAGES for block in read(page)]
SHELL = ("shell", "sh", "bash", "console")
# Languages for output, layouts and files of other programs.
NOT_CODE = ("text", "nginx", "html")
CHECKED = (*SHELL, *NOT_CODE, "python", "json", "yaml", "toml", "javascript", "html+django")


FRAMING = "edx_proctoring.constructor.middleware.ProctoredFramingMiddleware"

Problems = Callable[[dict[str, Any]], list[str]]


class AcmeBackend(BaseRestProctoringProvider):
    """The provider of the guides."""

    base_url = "https://proctoring.acme.example"
    configuration_keys = ("acme_region",)


def of(*languages: str) -> list[Any]:
    """The blocks of these languages that are checked, as parameters."""
    return [
        pytest.param(block, id=block.place) for block in BLOCKS if block.language in languages and not block.not_run
    ]


def is_settings(block: Block) -> bool:
    """Whether a Python block consists of settings."""
    try:
        statements = ast.parse(block.text).body
    except SyntaxError:
        return False
    targets = [getattr(statement, "targets", [getattr(statement, "target", None)])[0] for statement in statements]
    return bool(targets) and all(isinstance(target, ast.Name) and target.id.isupper() for target in targets)


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> Problems:
    """What the system checks say about settings that they do not say without them, at a start with these settings."""
    plugins = [EntryPoint(name, f"{__name__}:AcmeBackend", registry.NAMESPACE) for name in ("acme", "proctortrack")]
    monkeypatch.setattr(registry, "entry_points", lambda group: [*entry_points(group=group), *plugins])
    config: Any = apps.get_app_config("edx_proctoring")
    # W003: "Login inside the frame" in the guide of Constructor Proctor is the answer to it.
    known = {message.id for message in checks.run_checks()} | {"edx_proctoring_constructor.W003"}

    def problems(values: dict[str, Any]) -> list[str]:
        # What the guides ask for beside the settings.
        monkeypatch.setenv("CONSTRUCTOR_JWT_SECRET", "s" * 32)
        middleware = [FRAMING, *settings.MIDDLEWARE, "seb_openedx.middleware.SecureExamBrowserMiddleware"]
        with override_settings(**{"MIDDLEWARE": middleware, **values}):
            if "PROCTORING_BACKENDS" in values:
                loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
                monkeypatch.setattr(config, "backends", loaded.backends)
                monkeypatch.setattr(config, "broken_backends", loaded.broken)
                monkeypatch.setattr(config, "dropped_backend_keys", loaded.dropped_keys)
            return [f"{message.id} {message.msg}" for message in checks.run_checks() if message.id not in known]

    return problems


def test_every_block_names_its_language() -> None:
    assert [block.place for block in BLOCKS if block.language not in CHECKED and not block.not_run] == []


def test_control_blocks_are_found_everywhere() -> None:
    assert {"README.rst", "CONTRIBUTING.rst", "demo/README.md", "docs/guides/operator.rst"} <= {b.page for b in BLOCKS}
    assert len(BLOCKS) > 60
    assert sum(1 for block in BLOCKS if block.not_run) < len(BLOCKS) / 3


@pytest.mark.parametrize("block", of(*SHELL))
def test_what_a_command_names_exists(block: Block) -> None:
    assert [(words, found) for words in commands(block.text) if (found := shell.problem(words))] == []


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("make demonstration", "target"),
        ('make demo DEMO_OPTIONS="--colour"', "takes"),
        ("make test SPEED=1", "variable"),
        ("./manage.py lms sweep", "command"),
        ("./manage.py lms deliver_effects --twice", "twice"),
        ("python -m bench.spike --fast", "option"),
        ("python -m nowhere", "module"),
        ("pip install edx-proctoring[everything]", "extra"),
        ("pip install edx-proctoring==5.0.0", "version"),
        ("npm run nothing", "script"),
        ("node nothing.js", "file"),
        ("frobnicate", "mark"),
    ],
)
def test_control_a_wrong_command_is_found(command: str, word: str) -> None:
    [words] = commands(command)
    assert word in (shell.problem(words) or "")


def test_commands_named_in_sentences_exist() -> None:
    known = set(get_commands()) | shell.DEMO_COMMANDS
    found = [
        (page, match[0])
        for page in PAGES
        for match in re.finditer(
            r"`(?:\./|python )?manage\.py\s+(?:lms\s+|cms\s+)?([a-z_]+)", (ROOT / page).read_text("utf-8")
        )
        if match[1] not in known
    ]
    assert found == []


def test_targets_named_in_sentences_exist() -> None:
    found = [
        (page, match[1])
        for page in PAGES
        for match in re.finditer(r"`(?:sudo )?make ([a-z][a-z-]*)", (ROOT / page).read_text("utf-8"))
        if match[1] not in shell.TARGETS
    ]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("block", [p for p in of("python") if is_settings(p.values[0])])
def test_settings_load_without_a_complaint(block: Block, problems: Problems) -> None:
    values: dict[str, Any] = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
    exec(block.text, values)
    for app in values.pop("INSTALLED_APPS"):
        assert AppConfig.create(app)
    for middleware in values.pop("MIDDLEWARE"):
        assert import_string(middleware)
    assert problems({name: value for name, value in values.items() if name.isupper()}) == []


@pytest.mark.django_db
def test_control_wrong_settings_are_complained_about(problems: Problems) -> None:
    assert "W002" in problems({"PROCTORING_BACKENDS": {"DEFAULT": "acme"}})[0]
    assert problems({"PROCTORING_SETTINGS": {"JOB_SECONDS": "soon"}})


@pytest.mark.django_db
@pytest.mark.parametrize("block", of("yaml"))
def test_yaml_loads_without_a_complaint(block: Block, problems: Problems) -> None:
    loaded = yaml.safe_load(block.text.replace("<key>", "0" * 64))
    assert loaded
    if all(name.isupper() for name in loaded):
        for middleware in loaded.pop("EXTRA_MIDDLEWARE_CLASSES", []):
            assert import_string(middleware)
        module = SimpleNamespace(ENV_TOKENS=loaded, AUTH_TOKENS=loaded, PROCTORING_BACKENDS={}, PROCTORING_SETTINGS={})
        production.plugin_settings(module)
        names = {"PROCTORING_BACKENDS", "PROCTORING_SETTINGS"} & set(loaded)
        assert problems({**loaded, **{name: getattr(module, name) for name in names}}) == []
    for patch in loaded.get("patches", {}).values():
        assert yaml.safe_load(patch) if ": " in patch else compile(patch, block.place, "exec")


def names(request: Any) -> Iterator[tuple[str, Any]]:
    """What the fragments of the guides take for granted."""
    from edx_proctoring import api
    from tests.factories import make_exam

    user, exam = make_user(), make_exam()
    yield from {
        "api": api,
        "user": user,
        "request": request,
        "exam": exam,
        "course_id": exam.course_id,
        "course_key": exam.course_id,
        "usage_id": exam.content_id,
        "usage_key": exam.content_id,
        "usage_keys": [exam.content_id],
        "context": {"display_name": exam.exam_name, "default_time_limit_mins": 30, "is_practice_exam": False},
        "CreditService": object,
        "public_id": "5d41402abc4b2a76b9719d911017c592",
        "quit_nonce": "7d793037a0760186574b0282f2f435e7",
        "token": "token",
        "start": "https://lms.example.com/start",
        "quit": "https://lms.example.com/quit",
        "BaseRestProctoringProvider": BaseRestProctoringProvider,
        "lms_host": "http://127.0.0.1:9",
    }.items()


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_python_runs(page: str, rf: RequestFactory) -> None:
    found = [b for b in read(page) if b.language == "python" and not b.not_run and not is_settings(b)]
    if not found:
        return
    values = dict(names(rf.get("/")))
    for block in found:
        # Line numbers of errors are those of the page.
        exec(compile("\n" * (block.line + 1) + block.text, str(ROOT / page), "exec"), values)


@pytest.mark.parametrize("block", of("json"))
def test_json_is_valid(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", of("toml"))
def test_toml_is_valid(block: Block) -> None:
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", of("html+django"))
def test_templates_compile(block: Block) -> None:
    assert engines["django"].from_string(block.text)


@pytest.mark.parametrize("block", of("javascript"))
def test_scripts_are_valid(block: Block, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node, "Node.js is needed"
    file = tmp_path / ("block.mjs" if re.search(r"^(import|export) ", block.text, re.MULTILINE) else "block.js")
    file.write_text(block.text, "utf-8")
    checked = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def found(path: str) -> bool:
    """Whether a URL module of ours has this address."""
    for prefix, urlconf in (("", None), ("/seb-openedx", "seb_openedx.urls")):
        try:
            resolve(path.removeprefix(prefix), urlconf)
        except Resolver404:
            continue
        return True
    return False


@pytest.mark.parametrize("block", of("text"))
def test_requests_have_an_address(block: Block) -> None:
    for path in re.findall(r"^(?:GET|POST|PUT|PATCH|DELETE) (/[^\s?…<]*)$", block.text, re.MULTILINE):
        assert any(found(part) for part in (path, path.removeprefix("/api")))


def test_control_a_marked_block_keeps_its_reason() -> None:
    page = "Text::\n\n   a\n\n.. not run: needs a car\n\n.. code-block:: shell\n   :linenos:\n\n   drive\n\nMore.\n"
    literal, marked = restructured_text("page.rst", page)
    assert (literal.language, literal.text, literal.not_run) == ("", "a\n", None)
    assert (marked.language, marked.text, marked.not_run) == ("shell", "drive\n", "needs a car")


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.not_run], ids=lambda block: block.place)
def test_a_marked_block_gives_a_reason(block: Block) -> None:
    assert len((block.not_run or "").split()) >= 3


def test_the_guides_are_in_the_table_of_contents() -> None:
    index = (ROOT / "docs/index.rst").read_text("utf-8")
    guides = [path.stem for path in (ROOT / "docs/guides").glob("*.rst")]
    assert [name for name in guides if f"   guides/{name}\n" not in index] == []


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.rst").read_text("utf-8")
    links = re.findall(r"<((?:docs/|CHANGELOG|CONTRIBUTING)[^>]*)>|^\.\. image:: (\S+)", text, re.MULTILINE)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / (link[0] or link[1])).exists()] == []


def test_settings_of_the_platform_are_untouched() -> None:
    assert "acme" not in settings.PROCTORING_BACKENDS
