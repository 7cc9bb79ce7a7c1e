"""Provider classes that tests configure by dotted path."""

from typing import Any

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider


class Recorder(NullBackendProvider):
    """Keeps its options; declares one more."""

    configuration_keys = ("own_option",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = kwargs


class Grandchild(Recorder):
    """Declares another option."""

    configuration_keys = ("further_option",)


class RaisesKeyError(NullBackendProvider):
    """Fails with an error that 6.1.4 treats as "not configured"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        raise KeyError("client_id")


class Rigid(NullBackendProvider):
    """Has one mandatory option."""

    def __init__(self, client_id: str) -> None:
        super().__init__()
        self.client_id = client_id


class Talkative(NullBackendProvider):
    """Fails, with its options in the message."""

    def __init__(self, client_secret: str, callback_secrets: list[str]) -> None:
        super().__init__()
        raise ValueError(f"{client_secret} and {callback_secrets[0]} do not fit acme")


class Closed:
    """Not a provider class; refuses new attributes."""

    __slots__ = ()


class OldDuck:
    """An old provider without a base class, with half of today's methods."""

    verbose_name = "Old Duck"

    def __init__(self, crypto_key: str, exam_sponsor: str) -> None:
        self.crypto_key = crypto_key
        self.exam_sponsor = exam_sponsor
        self.registered: list[Any] = []

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        self.registered.append((exam, context))
        return "old-id"


class OldChild(ProctoringBackendProvider):
    """An old provider, written for a base class with fewer abstract methods."""

    def __init__(self, crypto_key: str) -> None:
        super().__init__()
        self.crypto_key = crypto_key

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        return "old-child-id"

    def start_exam_attempt(self, exam: Any, attempt: Any) -> str:
        return "started"

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> str:
        return "stopped"

    def get_software_download_url(self) -> str:
        return "http://old.test"
