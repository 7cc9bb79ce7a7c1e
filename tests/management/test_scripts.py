"""Scripts that run without Django."""

import csv
import json

import pytest

import edx_proctoring
from edx_proctoring.scripts import obscure_user, version_check
from edx_proctoring.utils import obscured_user_id


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("PROCTORING_USER_OBFUSCATION_KEY", "SHHHHHH")
    monkeypatch.setenv("DJANGO_SECRET_KEY", "secret")


@pytest.mark.contract("stored-formats#obscuring-script", "stored-formats#obscured-user-id")
@pytest.mark.parametrize(
    ("arguments", "digest"),
    [
        ((32432455,), "9b82efd5d28f1a170b23b8f648c3093e75a0a0ca"),
        ((32432455, "test"), "b67843eba225800c9387a2eeafb34dab411e92ed"),
        (("1", "null"), "6d29cef9c4e7523d788a65b56e840df7d9035d0a"),
    ],
)
def test_the_script_obscures_ids_like_the_app(arguments, digest, settings):
    assert obscure_user.obscured_user_id("SHHHHHH", *arguments) == digest
    settings.PROCTORING_USER_OBFUSCATION_KEY = "SHHHHHH"
    assert obscured_user_id(*arguments) == digest


@pytest.mark.contract("stored-formats#obscuring-script")
def test_the_output_maps_old_to_new_ids(tmp_path, environment, capsys):
    (tmp_path / "in.csv").write_text("email,user_id\na@x,1\n,2\nb@x,\na@x,3\n", encoding="utf-8")
    assert obscure_user.run([str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["email", "existing_user_id", "target_user_id"],
        [
            "a@x",
            obscure_user.obscured_user_id("secret", 3, "proctortrack"),
            obscure_user.obscured_user_id("SHHHHHH", 3, "proctortrack"),
        ],
    ]
    printed = capsys.readouterr().out
    assert "row 2" in printed
    assert "row 3" in printed


def test_the_named_provider_is_part_of_the_new_id(tmp_path, environment):
    (tmp_path / "in.csv").write_text("email,user_id\na@x,1\n", encoding="utf-8")
    obscure_user.run([str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--backend", "software_secure"])
    assert obscure_user.obscured_user_id("secret", 1, "software_secure") in (tmp_path / "out.csv").read_text()


def test_without_the_keys_the_script_fails_without_output(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("PROCTORING_USER_OBFUSCATION_KEY", raising=False)
    monkeypatch.delenv("DJANGO_SECRET_KEY", raising=False)
    assert obscure_user.run([str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]) == 1
    assert "PROCTORING_USER_OBFUSCATION_KEY" in capsys.readouterr().out
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.contract("commands#version-check")
@pytest.mark.parametrize(("version", "status"), [(edx_proctoring.__version__, 0), ("0.0.1", 1)], ids=["same", "other"])
def test_the_version_check_fails_for_different_versions(tmp_path, monkeypatch, version, status):
    (tmp_path / "package.json").write_text(json.dumps({"version": version}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert version_check.run() == status
