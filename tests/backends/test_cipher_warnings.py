"""Triple DES is imported from the module where cryptography does not warn of it."""

import subprocess
import sys

import pytest

SCRIPT = """
from edx_proctoring.backends.software_secure_passwords import encrypt_triple_des
print(encrypt_triple_des(b"123456789012345678901234", "ABC"))
"""
# The old module warns on import in the releases that still have it.
OLD_MODULE = """
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
Cipher(TripleDES(b"123456789012345678901234"), modes.ECB()).encryptor()
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    """Run Python with warnings as errors, in a new process, because imports warn only the first time."""
    return subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)


@pytest.mark.contract("rpnow#cipher-library")
def test_triple_des_works_without_a_warning() -> None:
    done = run(SCRIPT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_control_importing_from_the_old_module_fails() -> None:
    assert run(OLD_MODULE).returncode != 0
