"""The command, stand-alone and under manage.py."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from seb_openedx.protocol import cli, decode, encode, header_hash
from seb_openedx.protocol.errors import FileError, InvalidSettings
from tests.seb.protocol import vectors

pytestmark = pytest.mark.contract("seb-protocol#command")

ROOT = Path(__file__).resolve().parents[3]
ADDRESSES = ["--start-url", "https://lms.example.com/start/", "--quit-url", "https://lms.example.com/quit/"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "exam.seb"
    path.write_bytes(vectors.FILE)
    return path


@pytest.fixture
def encrypted(tmp_path):
    path = tmp_path / "encrypted.seb"
    path.write_bytes(vectors.ENCRYPTED)
    return path


@pytest.fixture
def password(tmp_path):
    path = tmp_path / "password.txt"
    path.write_text(vectors.PASSWORD + "\n")
    return path


def run(*arguments):
    stdout = io.StringIO()
    status = cli.run([str(argument) for argument in arguments], stdout)
    return status, stdout.getvalue()


def test_key(file):
    assert run("key", file) == (0, f"{vectors.KEY_OF_SETTINGS}\n")


def test_key_for_an_address(file):
    sent = header_hash("https://lms.example.com/", vectors.KEY_OF_SETTINGS)
    assert run("key", file, "--url", "https://lms.example.com/") == (0, f"{sent}\n")


def test_key_of_an_encrypted_file(encrypted, password):
    assert run("key", encrypted, "--password-file", password) == (0, f"{vectors.KEY_OF_SMALL}\n")
    with pytest.raises(FileError, match="give its password"):
        run("key", encrypted)


def test_inspect(file):
    status, text = run("inspect", file)

    assert status == 0
    assert text.splitlines()[:5] == [
        "format: xml",
        "encrypted: false",
        "gzipped: false",
        "originator: SEB_Win_3.7.0",
        f"config_key: {vectors.KEY_OF_SETTINGS}",
    ]
    assert "has_quit_password: true" in text.splitlines()
    assert "f7167c94" not in text


def test_inspect_as_json(tmp_path):
    path = tmp_path / "exam.seb"
    path.write_bytes(vectors.xml("<dict><key>allowQuit</key><true/><key>z</key><dict/></dict>"))
    status, text = run("inspect", path, "--json")
    report = json.loads(text)

    assert status == 1
    assert report["settings"] == {"allow_quit": True, "has_quit_password": False, "has_admin_password": False}
    assert [(finding["level"], finding["code"], finding["key"]) for finding in report["findings"]] == [
        ("error", "trailing_omitted_entry", "z")
    ]


def test_what_a_file_says_cannot_break_a_line(tmp_path):
    path = tmp_path / "exam.seb"
    path.write_bytes(encode({"startURL": "https://a/\nformat: pswd\x9b", "a\nb": "1"}))
    _status, text = run("inspect", path)

    assert text.isascii()
    assert text.splitlines()[5] == r'start_url: "https://a/\nformat: pswd\u009b"'
    assert sum(line.startswith("format:") for line in text.splitlines()) == 1


def test_a_large_file_is_not_read(file):
    with pytest.raises(FileError, match="at most 100 are read"):
        run("key", file, "--max-bytes", "100")


def test_generate(tmp_path):
    path, options = tmp_path / "new.seb", tmp_path / "options.json"
    options.write_text('{"allow_quit": false, "url_filter": true}')
    status, text = run("generate", path, *ADDRESSES, "--options", options, "--always-allow", "lms.example.com/*")
    settings = decode(path.read_bytes()).settings

    assert (status, text.strip()) == (0, decode(path.read_bytes()).config_key())
    assert settings["allowQuit"] is False
    assert settings["URLFilterRules"][0]["expression"] == "lms.example.com/*"


def test_generate_with_passwords(tmp_path, password):
    path = tmp_path / "new.seb"
    run("generate", path, *ADDRESSES, "--quit-password-file", password, "--encrypt-password-file", password)

    file = decode(path.read_bytes(), password=vectors.PASSWORD)
    assert file.encrypted
    assert len(file.settings["hashedQuitPassword"]) == 64


def test_a_file_is_overwritten_only_by_force(file):
    with pytest.raises(FileExistsError):
        run("generate", file, *ADDRESSES)
    assert file.read_bytes() == vectors.FILE
    assert run("generate", file, *ADDRESSES, "--force")[0] == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"allow_quit": 1}', "\xff", "[" * 100_000], ids=lambda text: text[:2])
def test_wrong_options_write_no_file(tmp_path, text):
    options = tmp_path / "options.json"
    options.write_text(text, "latin-1")
    with pytest.raises(InvalidSettings):
        run("generate", tmp_path / "new.seb", *ADDRESSES, "--options", options)
    assert not (tmp_path / "new.seb").exists()


def test_a_password_file_must_be_text(file, tmp_path):
    (tmp_path / "p").write_bytes(b"\xff")
    with pytest.raises(InvalidSettings, match="not UTF-8"):
        run("key", file, "--password-file", tmp_path / "p")


@pytest.mark.parametrize("arguments", [[], ["key"], ["generate", "x"], ["sing", "x"]])
def test_wrong_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def start(*arguments):
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )


def test_the_module_is_a_command(file, encrypted):
    done = start("-m", "seb_openedx.protocol", "key", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{vectors.KEY_OF_SETTINGS}\n", "")

    failed = start("-m", "seb_openedx.protocol", "key", encrypted)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr == "the file is encrypted; give its password\n"

    missing = start("-m", "seb_openedx.protocol", "key", file.with_name("missing"))
    assert missing.returncode == 2
    assert "No such file" in missing.stderr


def test_the_library_needs_no_django():
    program = (
        "import sys\n"
        "for name in ('django', 'rest_framework', 'edx_proctoring', 'opaque_keys'): sys.modules[name] = None\n"
        "from seb_openedx import protocol\n"
        "from seb_openedx.protocol import cli\n"
        "print(protocol.compute_config_key({}))"
    )
    done = start("-c", program)
    assert (done.returncode, done.stderr) == (0, "")


class TestManagementCommand:
    """``manage.py seb_file``, whether the app is installed or not."""

    def call(self, *arguments):
        from django.core.management import call_command

        from seb_openedx.management.commands.seb_file import Command

        stdout = io.StringIO()
        call_command(Command(), *map(str, arguments), stdout=stdout)
        return stdout.getvalue()

    def test_it_prints_the_same(self, file):
        assert self.call("key", file) == run("key", file)[1]
        assert self.call("inspect", file) == run("inspect", file)[1]

    def test_a_file_that_cannot_be_used_is_a_command_error(self, encrypted):
        from django.core.management import CommandError

        for path in (encrypted, encrypted.with_name("missing")):
            with pytest.raises(CommandError):
                self.call("key", path)

    def test_errors_in_a_file_are_the_exit_status(self, tmp_path):
        path = tmp_path / "exam.seb"
        path.write_bytes(vectors.xml("<dict><key>a</key><true/><key>z</key><dict/></dict>"))
        with pytest.raises(SystemExit) as caught:
            self.call("inspect", path)
        assert caught.value.code == 1
