"""The encrypted container."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seb_openedx.protocol import rncryptor
from seb_openedx.protocol.errors import NotSeb, WrongPassword
from tests.seb.protocol import vectors

pytestmark = pytest.mark.contract("seb-protocol#encryption")


def counting():
    """A source of "random" bytes: 00 01 02 …"""
    numbers = iter(range(256))
    return lambda length: bytes(next(numbers) for _byte in range(length))


def test_the_published_container_is_made_and_read():
    assert rncryptor.encrypt(b"seb", "pw", version=2, random_bytes=counting()) == vectors.RNCRYPTOR
    assert rncryptor.decrypt(vectors.RNCRYPTOR, "pw") == b"seb"


@pytest.mark.parametrize("version", rncryptor.VERSIONS)
def test_each_version_is_read(version):
    container = rncryptor.encrypt(b"seb", "pw", version=version)

    assert container[0] == version
    assert rncryptor.decrypt(container, "pw") == b"seb"


def test_no_two_containers_are_equal():
    assert rncryptor.encrypt(b"seb", "pw") != rncryptor.encrypt(b"seb", "pw")


def test_another_version_is_not_written():
    with pytest.raises(ValueError, match="version=4"):
        rncryptor.encrypt(b"seb", "pw", version=4)


@settings(max_examples=20, deadline=None)
@given(plain=st.binary(max_size=100), password=st.text(max_size=10))
def test_a_container_is_read_back(plain, password):
    assert rncryptor.decrypt(rncryptor.encrypt(plain, password), password) == plain


@settings(max_examples=40, deadline=None)
@given(st.integers(2, len(vectors.RNCRYPTOR) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(position, difference):
    changed = bytearray(vectors.RNCRYPTOR)
    changed[position] ^= difference

    with pytest.raises(WrongPassword):
        rncryptor.decrypt(bytes(changed), "pw")


def test_nothing_is_decrypted_before_the_hmac_fits(monkeypatch):
    monkeypatch.setattr(rncryptor, "Cipher", lambda *_parts: pytest.fail("decrypted"))

    with pytest.raises(WrongPassword):
        rncryptor.decrypt(vectors.RNCRYPTOR, "other")


@pytest.mark.parametrize("password", ["PW", "", "pw ", "\ud800"])
def test_another_password_is_wrong(password):
    with pytest.raises(WrongPassword, match="password is wrong"):
        rncryptor.decrypt(vectors.RNCRYPTOR, password)


@pytest.mark.parametrize("length", range(len(vectors.RNCRYPTOR)))
def test_a_part_of_a_container_is_refused(length):
    with pytest.raises((NotSeb, WrongPassword)):
        rncryptor.decrypt(vectors.RNCRYPTOR[:length], "pw")


@pytest.mark.parametrize("start", [b"\x00\x01", b"\x04\x01", b"\x03\x00"])
def test_another_kind_of_container_is_refused(start):
    with pytest.raises(NotSeb, match="versions 1 to 3"):
        rncryptor.decrypt(start + vectors.RNCRYPTOR[2:], "pw")


def test_a_wrong_end_of_the_plain_text_is_refused():
    # Ciphertext of another key under a right HMAC: its last block does not end as padding does.
    header, ciphertext = vectors.RNCRYPTOR[:34], base64.b64decode("AAECAwQFBgcICQoLDA0ODw==")
    message = header + ciphertext
    container = message + rncryptor._hmac(message, "pw", header[10:18])

    with pytest.raises(NotSeb, match="the end of the encrypted part"):
        rncryptor.decrypt(container, "pw")
