"""The ``proctoring`` service of XBlocks. Contract: contract/published-names#service."""

from types import FunctionType
from typing import Any

from edx_proctoring import api


class ProctoringService:
    """All public functions of ``edx_proctoring.api``, under the same names.

    One object per process. Functions are looked up at each use, so that a function replaced in a test is replaced here
    too.
    """

    _instance: "ProctoringService | None" = None

    def __new__(cls) -> "ProctoringService":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            member = getattr(api, name, None)
            # A test double of a function is callable, but usually not a function.
            if isinstance(member, FunctionType) or (callable(member) and not isinstance(member, type)):
                return member
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        public = (name for name in dir(api) if not name.startswith("_"))
        return sorted({*super().__dir__(), *(name for name in public if isinstance(getattr(api, name), FunctionType))})
