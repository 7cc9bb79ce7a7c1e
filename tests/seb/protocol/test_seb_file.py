"""Files in all forms, and what happens with damaged and hostile ones."""

import contextlib
import gzip
import resource
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seb_openedx.protocol import Format, compute_config_key, decode, encode, plist, rncryptor
from seb_openedx.protocol.errors import (
    BadGzip,
    BadXml,
    CertificateEncrypted,
    FileError,
    NotADictionary,
    NotSeb,
    PasswordRequired,
    TooLarge,
    WrongPassword,
)
from seb_openedx.protocol.passwords import hash_password
from seb_openedx.protocol.seb_file import MAX_BYTES, MAX_EXPANSION
from tests.seb.protocol import strategies, vectors

pytestmark = pytest.mark.contract("seb-protocol#files")

SMALL = plist.dumps(vectors.SMALL)


def zipped(data, times=1):
    for _layer in range(times):
        data = gzip.compress(data)
    return data


def for_client(password):
    return b"pwcc" + rncryptor.encrypt(zipped(SMALL), hash_password(password))


@pytest.mark.parametrize("outer", [0, 1, 2])
@pytest.mark.parametrize(
    ("data", "password", "form"),
    [
        pytest.param(SMALL, None, Format.XML, id="property-list"),
        pytest.param(b"plnd" + zipped(SMALL), None, Format.PLAIN, id="plain"),
        pytest.param(b"plnd" + SMALL, None, Format.PLAIN, id="plain-not-compressed"),
        pytest.param(vectors.ENCRYPTED, vectors.PASSWORD, Format.PASSWORD, id="published-encrypted-file"),
        pytest.param(b"pswd" + rncryptor.encrypt(SMALL, "p"), "p", Format.PASSWORD, id="encrypted-not-compressed"),
        pytest.param(for_client("p"), "p", Format.CLIENT, id="for-the-client"),
        pytest.param(for_client(""), "", Format.CLIENT, id="for-a-client-without-password"),
    ],
)
def test_every_form_of_a_file_has_the_same_key(data, password, form, outer):
    file = decode(zipped(data, outer), password=password)

    assert file.settings == vectors.SMALL
    assert file.config_key() == vectors.KEY_OF_SMALL
    assert (file.format, file.gzipped) == (form, outer > 0)
    assert file.encrypted is (form in (Format.PASSWORD, Format.CLIENT))


def test_the_originator_is_named():
    assert decode(vectors.FILE).originator == "SEB_Win_3.7.0"
    assert decode(SMALL).originator == ""


def test_settings_are_not_part_of_the_representation():
    assert "allowQuit" not in repr(decode(SMALL))


def test_a_file_with_a_password_is_written():
    data = encode(vectors.SMALL, password="p")

    assert data[:6] == b"pswd\x03\x01"
    assert decode(data, password="p").config_key() == vectors.KEY_OF_SMALL
    assert data != encode(vectors.SMALL, password="p")


def test_a_file_without_password_is_always_the_same():
    assert encode(vectors.SMALL) == encode(dict(reversed(vectors.SMALL.items()))) == SMALL


@settings(max_examples=30, deadline=None)
@given(strategies.settings, st.none() | st.text(min_size=1, max_size=5))
def test_a_file_that_was_written_has_the_key_of_its_settings(written, password):
    file = decode(encode(written, password=password), password=password)

    assert file.settings == written
    assert file.config_key() == compute_config_key(written)


@pytest.mark.parametrize(
    ("data", "password", "error", "code"),
    [
        pytest.param(b"", None, NotSeb, "not_seb", id="nothing"),
        pytest.param(b"PK\x03\x04 a zip file", None, NotSeb, "not_seb", id="another-format"),
        pytest.param(b"abcd" + zipped(SMALL), None, NotSeb, "not_seb", id="unknown-prefix"),
        pytest.param(b"xml " + SMALL, None, NotSeb, "not_seb", id="name-of-a-format-is-no-prefix"),
        pytest.param(b"plnd" + vectors.ENCRYPTED, "x", NotSeb, "not_seb", id="container-in-container"),
        pytest.param(b"pswd", "x", NotSeb, "not_seb", id="prefix-only"),
        pytest.param(zipped(SMALL)[:-9], None, BadGzip, "bad_gzip", id="cut-off"),
        pytest.param(zipped(SMALL)[:-1] + b"\x7f", None, BadGzip, "bad_gzip", id="wrong-length-at-the-end"),
        pytest.param(b"\x1f\x8b\x00", None, BadGzip, "bad_gzip", id="no-method"),
        pytest.param(b"\x1f\x8b\x08" + bytes(7) + b"\xff\xff\xff", None, BadGzip, "bad_gzip", id="rubbish"),
        pytest.param(zipped(SMALL, 3), None, BadGzip, "bad_gzip", id="compressed-three-times"),
        pytest.param(b"<plist><dict>", None, BadXml, "bad_xml", id="incomplete-xml"),
        pytest.param(b"plnd" + zipped(b"<plist><dict>"), None, BadXml, "bad_xml", id="incomplete-xml-inside"),
        pytest.param(b"<plist><array/></plist>", None, NotADictionary, "not_a_dictionary", id="list"),
        pytest.param(vectors.ENCRYPTED, None, PasswordRequired, "password_required", id="no-password"),
        pytest.param(vectors.ENCRYPTED, "x", WrongPassword, "wrong_password", id="wrong-password"),
        pytest.param(for_client("p"), hash_password("p"), WrongPassword, "wrong_password", id="hash-as-password"),
        pytest.param(b"pkhs" + bytes(300), "x", CertificateEncrypted, "certificate_encrypted", id="certificate"),
        pytest.param(b"phsk" + bytes(300), "x", CertificateEncrypted, "certificate_encrypted", id="certificate-key"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(data, password, error, code):
    with pytest.raises(error) as caught:
        decode(data, password=password)

    assert caught.value.code == code
    assert str(caught.value)


def test_no_error_holds_the_password_or_a_value():
    secret = "correct-horse-9"
    for data in (vectors.ENCRYPTED, SMALL.replace(b"<false/>", b"<integer>correct-horse-9</integer>")):
        with pytest.raises(FileError) as caught:
            decode(data, password=secret)
        assert secret not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(vectors.ENCRYPTED) - 1))
def test_a_part_of_an_encrypted_file_is_refused(length):
    for data in (vectors.ENCRYPTED[:length], zipped(vectors.ENCRYPTED)[:length]):
        with pytest.raises(FileError):
            decode(data, password=vectors.PASSWORD)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([zipped(vectors.FILE), b"plnd" + zipped(vectors.FILE), vectors.ENCRYPTED]), st.data())
def test_a_damaged_file_is_read_or_refused(original, data):
    changed = bytearray(original)
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FileError):
        decode(bytes(changed), password=vectors.PASSWORD)


@given(st.sampled_from([b"", b"plnd", b"pkhs", b"\x1f\x8b\x08", b"<plist>"]), st.binary(max_size=200))
def test_any_bytes_are_refused(start, data):
    with pytest.raises(FileError):
        decode(start + data, password="x")


class TestLimits:
    """Time and memory are bounded by the limits, whatever a file would become."""

    pytestmark = pytest.mark.contract("seb-protocol#limits")

    def test_a_file_of_the_largest_size_is_read(self):
        padding = b" " * (MAX_BYTES - len(SMALL))
        assert decode(SMALL + padding).settings == vectors.SMALL
        with pytest.raises(TooLarge, match=f"at most {MAX_BYTES}"):
            decode(SMALL + padding + b" ")

    def test_content_of_the_largest_size_is_read(self):
        padding = b" " * (MAX_BYTES * MAX_EXPANSION - len(SMALL))
        assert decode(zipped(SMALL + padding)).settings == vectors.SMALL
        with pytest.raises(TooLarge, match="uncompressed"):
            decode(zipped(SMALL + padding + b" "))

    def test_limits_can_be_chosen(self):
        with pytest.raises(TooLarge):
            decode(SMALL, max_bytes=len(SMALL) - 1)
        with pytest.raises(TooLarge):
            decode(zipped(vectors.FILE), max_bytes=1024, max_expansion=1)

    def bombs():
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        zeros = b"".join(packer.compress(bytes(1 << 20)) for _piece in range(200)) + packer.flush()
        return {
            "200-mb-of-zeros": zeros,
            "bomb-in-a-bomb": zipped(zeros),
            "bomb-in-a-container": b"plnd" + zeros,
            "encrypted-bomb": b"pswd" + rncryptor.encrypt(zeros, "x"),
            "many-empty-members": zipped(b"") * (MAX_BYTES // 20 - 1),
            "ten-megabytes": SMALL + b" " * 10_000_000,
            "ten-megabytes-of-elements": vectors.xml("<array>" + "<true/>" * 1_400_000 + "</array>"),
            "elements-below-the-limit": zipped(vectors.xml("<array>" + "<true/>" * 290_000 + "</array>")),
            "nesting": zipped(b"<plist>" + b"<array>" * 200_000),
            "one-long-name": zipped(b"<plist><" + b"a" * 2_000_000),
            "one-long-text": zipped(b"<plist><dict><key>" + b"a" * 2_000_000),
            "many-attributes": zipped(b"<plist " + b" ".join(b'a%d=""' % n for n in range(60_000)) + b"/>"),
            "long-integer": zipped(vectors.xml("<integer>" + "9" * 2_000_000 + "</integer>")),
            "long-real": zipped(vectors.xml("<real>" + "9" * 2_000_000 + "x</real>")),
            "long-data": zipped(vectors.xml("<data>" + "A " * 1_000_000 + "</data>")),
            "repeated-character-data": zipped(vectors.xml("<string>" + "<!-- -->a" * 220_000 + "</string>")),
        }

    @pytest.mark.parametrize(("name", "data"), bombs().items(), ids=bombs())
    def test_a_hostile_file_costs_little(self, name, data):
        tracemalloc.start()
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        try:
            with pytest.raises(FileError):
                decode(data, password="x")
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert peak < 16 * MAX_BYTES * MAX_EXPANSION
        # Memory of C libraries, in KiB; other tests of the process can only raise the former value.
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
        # Of the processor; traced, which is several times slower. Unbounded, 200 MB alone would take longer.
        assert time.process_time() - started < 10
