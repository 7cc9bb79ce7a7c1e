"""Files that another platform publishes with their Config Keys: ``unencrypted_mac_001.seb`` and others.

They come with Moodle's rule for Safe Exam Browser (folder ``tests/fixtures`` of ``quizaccess_seb``), whose licence does
not allow a copy here. Name the folder in ``SEB_PUBLISHED_FILES`` to read them.

Without them nothing of the algorithm goes untested. The vectors of ``vectors.py``, ``test_config_key.py`` and
``test_keys.py`` show the same rules with files of our own: order of keys, entities, entries that are left out, empty
lists, reals, data, letters outside ASCII. ``test_rncryptor.py`` and ``test_seb_file.py`` show an encrypted file. What
only these files show is that clients agree: the keys of the first two were computed by Safe Exam Browser itself, on
macOS and Windows.
"""

import os
from pathlib import Path

import pytest

from seb_openedx.protocol import compute_config_key, decode

KEYS = {
    "unencrypted_mac_001.seb": "4fa9af8ec8759eb7c680752ef4ee5eaf1a860628608fccae2715d519849f9292",
    "unencrypted_win_223.seb": "fc6f4ea5922717760f4d6d536c23b8d19bf20b52aa97940f5427a76e20f49026",
    "simpleunencrypted.seb": "f75decc72c75aa76007b19d0ce485f447f04f48a9f1c83db0558dead68aa5cab",
    "unencrypted.seb": "7984a9902c95098e0d992fd1e5f2ce4a6cf40a613d61dfd805f43100ce2ec14d",
}

FOLDER = os.environ.get("SEB_PUBLISHED_FILES", "")

pytestmark = [
    pytest.mark.contract("seb-protocol#config-key"),
    pytest.mark.skipif(not FOLDER, reason="SEB_PUBLISHED_FILES does not name the folder of Moodle's files"),
]


@pytest.mark.parametrize("name", KEYS)
def test_a_published_file_has_its_published_key(name: str) -> None:
    data = Path(FOLDER, name).read_bytes()
    assert compute_config_key(decode(data, max_bytes=len(data)).settings) == KEYS[name]


def test_a_published_file_opens_with_its_password() -> None:
    data = Path(FOLDER, "encrypted.seb").read_bytes()
    assert decode(data, password="test", max_bytes=len(data)).settings
