"""The signature of a registration at Software Secure. Contract: contract/rpnow#canonical-body.

The vendor computes the same signature, so every oddity of the signed text is contract.
"""

import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

# The logger of the provider class, whose name deployments configure.
log = logging.getLogger("edx_proctoring.backends.software_secure")


class SoftwareSecureSigning:
    """The signing methods of the provider class.

    Field subclasses override them, so their names and signatures are kept, and they call each other
    through ``self``.
    """

    secret_key: str
    secret_key_id: str
    # First word of the signature.
    signature_scheme: ClassVar[str] = "SSI"

    def _sign_doc(
        self, body_json: Mapping[str, Any], method: str, headers: Mapping[str, str], date: str | None
    ) -> bytes:
        """Return the value of the ``Authorization`` header."""
        log.info(
            "signing a registration: attempt_code=%s course_id=%s",
            body_json.get("examCode"),
            body_json["orgExtra"].get("courseID"),
        )
        message = f"{method}\n\n".encode() + self._header_string(headers, date) + self._body_string(body_json)
        digest = hmac.new(self.secret_key.encode("ascii"), message, hashlib.sha256).digest()
        return f"{self.signature_scheme} {self.secret_key_id}:".encode("ascii") + base64.b64encode(digest)

    def _header_string(self, headers: Mapping[str, str], date: str | None) -> bytes:
        """Return the signed form of the headers."""
        lines = [headers.get("Content-Type"), date]
        return b"".join(f"{line}\n".encode() for line in lines if line)

    def _body_string(self, body_json: Mapping[str, Any], prefix: bytes = b"") -> bytes:
        """Return the signed form of the body: sorted ``key:value`` lines.

        A key shows only its own name and that of the object or list around it, however deep it is.
        """
        lines = []
        for key in sorted(body_json):
            value = body_json[key]
            name = str(key).encode()
            if isinstance(value, bool):
                lines.append(prefix + name + (b":true\n" if value else b":false\n"))
            elif isinstance(value, (list, tuple)):
                lines.append(self._list_string(name, value))
            elif isinstance(value, dict):
                lines.append(self._body_string(value, name + b"."))
            else:
                is_null = not value and value != ""
                lines.append(prefix + name + b":" + ("null" if is_null else str(value)).encode() + b"\n")
        return b"".join(lines)

    def _list_string(self, name: bytes, items: Sequence[Any]) -> bytes:
        return b"".join(
            self._body_string(item, b"%s.%d." % (name, position))
            if isinstance(item, dict)
            else b"%s.%d:%s\n" % (name, position, str(item).encode())
            for position, item in enumerate(items)
        )
