"""The provider's id of an attempt: who may see it."""

from typing import Any

from edx_proctoring.backends.rest import BaseRestProctoringProvider

__all__: list[str] = []


def shown_to_learner(external_id: str | None, provider: Any) -> str | None:
    """Return the provider's id of an attempt as its learner sees it: None unless the provider is a REST provider.

    With RPNow and older plug-ins the id authenticates reviews (contract/reviews#learners-do-not-see-the-id). The
    browser worker of a REST provider needs it, and REST reviews need a login.
    """
    return external_id if isinstance(provider, BaseRestProctoringProvider) else None
