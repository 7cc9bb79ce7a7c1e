"""The cipher is old; its library says so to whoever takes it from the wrong place. Spec: backends.md 18 no. 8."""

import subprocess
import sys

import pytest

SCRIPT = """
from edx_proctoring.backends.software_secure_passwords import encrypt_triple_des
print(encrypt_triple_des(b"123456789012345678901234", "ABC"))
"""
# What would be taken in its place: its import warns in the releases that have it still.
OLD_PLACE = """
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
Cipher(TripleDES(b"123456789012345678901234"), modes.ECB()).encryptor()
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    """Run Python with each warning as an error, in a process that has not imported the library before."""
    return subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)


@pytest.mark.spec("backends.md", "18:8")
def test_triple_des_works_without_a_warning() -> None:
    done = run(SCRIPT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_control_its_former_place_is_warned_of_or_gone() -> None:
    assert run(OLD_PLACE).returncode != 0
