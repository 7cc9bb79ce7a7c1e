"""Published examples that must be equal byte by byte, except those tested elsewhere.

The examples of RPNow are in ``test_software_secure``, of the dashboard token in ``test_rest_people``,
of the REST protocol in ``test_rest_attempts`` and ``test_rest_people``.
"""

from typing import Any

import pytest
from django.test import RequestFactory
from freezegun import freeze_time
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from edx_proctoring import utils
from edx_proctoring.views import callback_auth

LINK = "http://video.example.test/AdminSite/Account/Reviewer/DirectLink-Generic.aspx?ID=foo"
KEYS = {
    16: "00112233445566778899aabbccddeeff",
    24: "000102030405060708090a0b0c0d0e0f1011121314151617",
    32: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
}


@pytest.mark.contract("stored-formats#recording-link", "stored-formats#recording-link-examples")
class TestAes:
    @pytest.mark.parametrize(
        ("size", "vector"), [(16, b"a734bda6745eb997"), (24, b"c53539b2eb4decf3"), (32, b"5013fad4625dceb7")]
    )
    def test_the_initialisation_vector_depends_on_the_key(self, size, vector):
        assert utils.generate_aes_iv(bytes.fromhex(KEYS[size])) == vector

    @pytest.mark.parametrize(
        ("size", "text", "stored"),
        [
            pytest.param(
                16,
                LINK,
                b"e-4e8v8nYLYl9k24T9Ra5YkQRPsoZ3rHHE-pykUWM0eAG6czlGCX2V6PYywbG1l3wIOLIWJJ2O9mTUcleC61sJwQu-UBDFj0QtpU4"
                b"_ACsuMY6KToW9cWBs-JFhTLMID3",
                id="link-128",
            ),
            pytest.param(
                24,
                LINK,
                b"C3l5wTkjZO3zRPkfGrL7mMgaXeHqFIeXtq-hxbvrL0XSxuvSHd2MlRLLLAX_dUPqANeqiHBJ8hK2w-_RVMcT1N-bWGSnJIhAoLGE-"
                b"_LHLDEduLxevRoSlZzqFqlXMhQc",
                id="link-192",
            ),
            pytest.param(
                32,
                LINK,
                b"urtP_6vrfkc5ShHG0xrmIbkctTC95mCUODIVrIhT_LW06Covc7vR7mNdgQp4cEa6jquSjepNxXe6NyIGmd61bjrcu-xtBfXHUY1lX"
                b"MLP2Un-O8WZcqKzNTkLb4NbYB4s",
                id="link-256",
            ),
            pytest.param(16, "", b"azuJa1n1Etvb_HwWOqcRBA==", id="empty-128"),
            pytest.param(24, "", b"B1EH7uw8PfuuR0Qrwuhebw==", id="empty-192"),
            pytest.param(32, "", b"I_UXg1bBcTvq4OklY-uV-w==", id="empty-256"),
            pytest.param(16, "text-str", b"XmzIoaFNWpt8p6yXWChNTQ==", id="text"),
        ],
    )
    def test_a_text_is_encrypted_and_decrypted_in_the_stored_form(self, size, text, stored):
        key = bytes.fromhex(KEYS[size])
        assert utils.encrypt_and_encode(text, key) == stored
        assert utils.encrypt_and_encode(text.encode(), key) == stored
        assert utils.decode_and_decrypt(stored, key) == text.encode()


@pytest.mark.contract("stored-formats#obscured-user-id", "stored-formats#obscured-user-id-examples")
@pytest.mark.parametrize(
    ("arguments", "obscured"),
    [
        pytest.param((1,), "b04e65a79f13fa9a40017b8f5501a7ef95e793cd", id="plain"),
        pytest.param((1, "test"), "79c27350422d4f9b2b14b66db7adc91c1d031227", id="test"),
        pytest.param((12345, "software_secure"), "6b0ae725bf8e6169b4c52d49ce34ea25d76bd788", id="software-secure"),
        pytest.param((12345, "rpnow4"), "0a8cc2cb1532c51c513464c70fd8a870c242888e", id="rpnow4"),
        pytest.param((7, None), "db19bcda309aa89b4fcc3fa6aaafeec5c203808e", id="no-backend-is-the-word-none"),
        pytest.param((1, "23", "x"), "9190753ad5e981880602b76dcff89ff446e3bbd3", id="several-extras"),
        pytest.param((12, "3x"), "9190753ad5e981880602b76dcff89ff446e3bbd3", id="no-separator-is-contract"),
    ],
)
def test_an_obscured_user_id_equals_the_published_value(
    settings: Any, arguments: tuple[Any, ...], obscured: str
) -> None:
    settings.PROCTORING_USER_OBFUSCATION_KEY = "dummy-obfuscation-key"
    assert utils.obscured_user_id(*arguments) == obscured


@pytest.mark.contract("provider-wire#callback-signature-example")
class TestCallbackSignature:
    SIGNATURE = "f86c330539fa00aad222f9e044750b29b60e19bffe7ce3dc8290cdb6e4a77900"

    @pytest.fixture
    def provider(self) -> Any:
        class Provider:
            callback_secrets = ("hook-secret-0123456789abcdef0123",)

        return Provider()

    def request(self, body: bytes) -> Request:
        return Request(
            RequestFactory().generic(
                "POST",
                "/api/edx_proctoring/v1/proctored_exam/attempt/ext-att/reviewed",
                body,
                content_type="application/json",
                headers={
                    "X-Proctoring-Timestamp": "1893553445",
                    "X-Proctoring-Nonce": "n-0001--",
                    "X-Proctoring-Signature": f"v1={self.SIGNATURE}",
                },
            )
        )

    def test_the_signed_message_equals_the_published_one(self, provider, monkeypatch):
        """The nonce of the published example is two characters shorter than the minimum of a callback."""
        signed: list[str] = []
        real = callback_auth._hmac
        monkeypatch.setattr(callback_auth, "_hmac", lambda secret, text: signed.append(text) or real(secret, text))
        with freeze_time("2030-01-02 03:04:05"), pytest.raises(PermissionDenied):
            callback_auth.require_signature(self.request(b'{"status":"passed","comments":[]}'), provider, "acme")
        (message,) = signed
        assert message == (
            "v1\n1893553445\nn-0001--\nPOST\n/api/edx_proctoring/v1/proctored_exam/attempt/ext-att/reviewed\n"
            "e455088804e78f565d3809542516ddcd30f97b7ddc3ade743d70910b9dc2403b"
        )
        published = message.replace("n-0001--", "n-0001")
        assert real(provider.callback_secrets[0], published) == self.SIGNATURE
