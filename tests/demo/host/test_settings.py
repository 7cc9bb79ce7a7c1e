"""The demo's settings with the configurations that deployments have, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from demo import data_dir

ONLY_OLD_PROVIDERS = {
    "PROCTORING_BACKEND_PROVIDERS": {
        name: {"class": "edx_proctoring.backends.software_secure.SoftwareSecure", "options": {}, "settings": {}}
        for name in ("SOFTWARE_SECURE", "WEB_ASSISTANT")
    }
}


@pytest.fixture
def run(tmp_path):
    """Runs Python in a demo's process: without the ports of the test run, in a folder of its own."""

    def python(*arguments, tokens=None, **environment):
        if tokens is not None:
            file = tmp_path / "tokens.json"
            file.write_text(json.dumps(tokens))
            environment["DEMO_TOKENS_FILE"] = str(file)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DEMO_")}
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**inherited, "DEMO_DATA_DIR": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return python


@pytest.fixture
def values(run):
    """Settings of such a process, by name."""

    def read(*names, **options):
        code = "import json; from demo.settings import combined as s; "
        code += f"print(json.dumps([getattr(s, name) for name in {names!r}]))"
        return json.loads(run("-c", code, **options))

    return read


def test_the_host_starts_without_proctoring_backends(run, values):
    assert values("PROCTORING_BACKENDS", "COURSE_PROVIDER", tokens=ONLY_OLD_PROVIDERS) == [
        {"DEFAULT": "null", "null": {}},
        "null",
    ]
    run("-m", "demo.manage", "check", tokens=ONLY_OLD_PROVIDERS)
    run("-m", "demo.manage", "prepare", tokens=ONLY_OLD_PROVIDERS)


def test_the_course_uses_the_default_provider_when_the_mock_provider_is_not_configured(values):
    tokens = {"PROCTORING_BACKENDS": {"DEFAULT": "mock", "mock": {}}}
    assert values("COURSE_PROVIDER", tokens=tokens) == ["mock"]


def test_ports_and_provider_are_those_of_the_folders_last_demo(tmp_path, values):
    with data_dir.lock(tmp_path) as state_file:
        state = {"port": 18901, "provider_url": "http://127.0.0.1:18902", "provider": "rpnow"}
        data_dir.remember(state_file, state)
    assert values("PORT", "PROVIDER_URL", "COURSE_PROVIDER") == [18901, "http://127.0.0.1:18902", "software_secure"]


def test_environment_variables_win_over_the_folders_last_demo(tmp_path, values):
    with data_dir.lock(tmp_path) as state_file:
        state = {"port": 18901, "provider_url": "http://127.0.0.1:18902", "provider": "rpnow"}
        data_dir.remember(state_file, state)
    environment = {"DEMO_PORT": "1", "DEMO_PROVIDER_URL": "http://other", "DEMO_PROVIDER": "mock_provider"}
    assert values("PORT", "PROVIDER_URL", "COURSE_PROVIDER", **environment) == [1, "http://other", "mock_provider"]


@pytest.mark.contract("host-integration#feature-flags")
@pytest.mark.parametrize("switch", ["1", "0"])
def test_special_exams_are_one_switch_in_both_places_and_bring_the_services(run, switch):
    code = "import django; django.setup(); from django.conf import settings as s; "
    code += "from edx_proctoring.runtime import get_runtime_service as get; "
    code += (
        "print(s.ENABLE_SPECIAL_EXAMS, s.FEATURES['ENABLE_SPECIAL_EXAMS'], bool(get('credit')), bool(get('grades')))"
    )
    printed = run("-c", code, DJANGO_SETTINGS_MODULE="demo.settings.combined", DEMO_SPECIAL_EXAMS=switch)
    assert set(printed.split()) == {str(switch == "1")}


def test_a_new_folder_has_the_default_ports(values):
    assert values("PORT", "PROVIDER_URL", "COURSE_PROVIDER") == [18000, "http://127.0.0.1:11136", "mock_provider"]
