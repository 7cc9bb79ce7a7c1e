"""Formats that are stored in our tables and by providers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring import utils

KEY = bytes.fromhex("32fe72aaf2abb44de9e161131b5435c8d37cbdb6f5df242ae860b283115f2dae")


@pytest.mark.contract("stored-formats#recording-link")
def test_encryption_matches_the_published_vector() -> None:
    assert utils.generate_aes_iv(KEY) == b"e8fbd26ddb5bf0e7"
    assert utils.encrypt_and_encode("Hello World", KEY) == b"VbCUZXGkjoZC3jj6C7rw-A=="
    assert utils.decode_and_decrypt(b"VbCUZXGkjoZC3jj6C7rw-A==", KEY) == b"Hello World"


@pytest.mark.contract("stored-formats#recording-link")
@given(
    data=st.binary(max_size=200) | st.text(max_size=200),
    key=st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
)
def test_decrypting_an_encrypted_value_returns_the_value(data: bytes | str, key: bytes) -> None:
    expected = data.encode() if isinstance(data, str) else data

    assert utils.decode_and_decrypt(utils.encrypt_and_encode(data, key), key) == expected
    assert utils.aes_decrypt(utils.aes_encrypt(data, key), key) == expected
    assert utils.unpad(utils.pad(data)) == expected
    assert len(utils.pad(data)) % utils.AES_BLOCK_SIZE_BYTES == 0


def test_a_memoryview_from_the_database_is_decrypted() -> None:
    assert utils.decode_and_decrypt(memoryview(utils.encrypt_and_encode("link", KEY)), KEY) == b"link"


def test_a_malformed_ciphertext_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the library's
        utils.decode_and_decrypt(b"AAAA", KEY)


@pytest.mark.contract("stored-formats#obscured-user-id", "stored-formats#obscured-user-id-examples")
@pytest.mark.parametrize(
    ("user_id", "extra", "obscured"),
    [
        pytest.param(32432455, (), "9b82efd5d28f1a170b23b8f648c3093e75a0a0ca", id="plain"),
        pytest.param(32432455, ("test",), "b67843eba225800c9387a2eeafb34dab411e92ed", id="with-a-provider"),
        pytest.param(1, ("test",), "6b07fdd45ffd07736868fdd478cc7a882324a10a", id="another-user"),
        pytest.param(1, (None,), "22a3c155a032af4c65c4dbc5964ed2b7d473b419", id="default-provider"),
        pytest.param("1", ("null",), "6d29cef9c4e7523d788a65b56e840df7d9035d0a", id="id-as-text"),
    ],
)
def test_an_obscured_user_id_matches_the_published_digest(
    user_id: int | str, extra: tuple[str | None, ...], obscured: str
) -> None:
    assert utils.obscured_user_id(user_id, *extra) == obscured


@pytest.mark.contract("stored-formats#obscured-user-ids")
@pytest.mark.parametrize(
    ("former", "count"),
    [(None, 1), ([], 1), (["old"], 2), (["old", "older"], 3), (["dummy-obfuscation-key", "old"], 2)],
)
def test_a_user_has_an_id_under_each_former_key(settings: Any, former: list[str] | None, count: int) -> None:
    settings.PROCTORING_USER_OBFUSCATION_KEY = "old"
    under_old = utils.obscured_user_id(1, "test")
    settings.PROCTORING_USER_OBFUSCATION_KEY = "dummy-obfuscation-key"
    settings.PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS = former

    ids = utils.obscured_user_ids(1, "test")

    assert len(ids) == count
    assert ids[0] == utils.obscured_user_id(1, "test") == "79c27350422d4f9b2b14b66db7adc91c1d031227"
    assert (under_old in ids) == bool(former)
