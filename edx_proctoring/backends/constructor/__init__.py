"""Constructor Proctor (formerly Examus): sessions by signed token, reviews by webhook.

Contract: contract/constructor#provider. The sessions themselves are rows of the opt-in app
``edx_proctoring.constructor``, which registers its store here (``store``).
"""

from edx_proctoring.backends.constructor.provider import ConstructorProctoringProvider

__all__ = ["ConstructorProctoringProvider"]
