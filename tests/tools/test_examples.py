"""The examples of ``docs/examples`` are valid, and name commands, options, tasks and settings that there are."""

import configparser
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery import Celery
from celery.app import defaults
from django.core.management import get_commands, load_command_class

from edx_proctoring import tasks
from edx_proctoring.api.effects import claiming, workers

FOLDER = Path(__file__).resolve().parents[2] / "docs/examples/scaling"
UNITS = sorted([*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")])
SECTIONS = {".service": {"Unit", "Service", "Install"}, ".timer": {"Unit", "Timer", "Install"}}
TASKS = {getattr(tasks, name).name for name in ("deliver_effects", "sweep", "work_on_job")}
BROKERS = ["redis://127.0.0.1:6379/0", "amqp://guest:guest@127.0.0.1:5672//"]


def unit(path: Path) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(path.read_text("utf-8"))
    return parsed


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yml").read_text("utf-8"))
    return loaded


def commands() -> Iterator[str]:
    """Yield each command line of the examples."""
    for path in UNITS:
        if path.suffix == ".service":
            yield unit(path)["Service"]["ExecStart"]
    yield from (service["command"] for service in compose()["services"].values() if "command" in service)


def settings(monkeypatch: pytest.MonkeyPatch, broker: str) -> dict[str, Any]:
    monkeypatch.setenv("BROKER", broker)
    return {name: value for name, value in runpy.run_path(str(FOLDER / "celery_settings.py")).items() if name.isupper()}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_has_the_sections_of_its_kind(path: Path) -> None:
    parsed = unit(path)
    assert set(parsed.sections()) <= SECTIONS[path.suffix]
    assert parsed["Unit"]["Description"].startswith("edx-proctoring: ")
    if path.suffix == ".timer":
        assert path.with_suffix(".service").exists()


def test_each_management_command_takes_its_options() -> None:
    found = set()
    for line in commands():
        words = shlex.split(line)
        if "manage.py" not in words:
            continue
        _lms, name, *arguments = words[words.index("manage.py") + 1 :]
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)
        found.add(name)
    assert found == {"deliver_effects", "sweep_attempts"}


def test_services_need_and_mount_what_there_is() -> None:
    loaded = compose()
    for service in loaded["services"].values():
        assert set(service.get("depends_on", [])) <= set(loaded["services"])
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(loaded["volumes"])


@pytest.mark.parametrize("broker", BROKERS)
def test_celery_takes_the_settings_and_routes_our_tasks_to_queues_that_have_workers(
    monkeypatch: pytest.MonkeyPatch, broker: str
) -> None:
    ours = settings(monkeypatch, broker)
    names = {name.removeprefix("CELERY_").lower() for name in ours if name.startswith("CELERY_")}
    assert names <= set(defaults.DEFAULTS)

    app = Celery("example", set_as_current=False)
    app.config_from_object(ours, namespace="CELERY")
    assert app.conf.broker_url == broker
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in TASKS}
    lines = [shlex.split(line) for line in commands()]
    served = {words[words.index("-Q") + 1] for words in lines if "-Q" in words}
    assert set(queues.values()) <= served
    assert queues[workers.TASK_DELIVER] not in {queues[name] for name in TASKS - {workers.TASK_DELIVER}}
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= TASKS


@pytest.mark.parametrize("broker", BROKERS)
def test_time_limits_end_before_the_lease_and_before_a_message_is_given_away(
    monkeypatch: pytest.MonkeyPatch, broker: str
) -> None:
    ours = settings(monkeypatch, broker)
    limits = ours["CELERY_TASK_ANNOTATIONS"][workers.TASK_DELIVER]
    assert limits["soft_time_limit"] < limits["time_limit"] < claiming.LEASE.total_seconds()
    visible = ours["CELERY_BROKER_TRANSPORT_OPTIONS"].get("visibility_timeout")
    assert (visible is None) == broker.startswith("amqp")
    assert visible is None or visible > limits["time_limit"]
