"""Settings that only the REST layer uses, read at each request.

All are optional keys of ``settings.PROCTORING_SETTINGS``.

==================================  =========  ====================================================
Key                                 Default    Effect
==================================  =========  ====================================================
LEARNER_MAY_RESUME                  True       learners may release their own errored attempt
                                               (rest-api.md 10, number 6)
HIDE_PROVIDER_FIELDS                False      only global staff see ``external_id`` and ``backend``
                                               of exams (10, number 5)
HIDE_INACTIVE_EXAMS                 False      only global staff see inactive exams (4.1)
ANONYMOUS_REVIEW_CALLBACK           ``allow``  ``signed`` or ``deny``: the RPNow review callback
                                               (backends.md 14.5)
RATE_LIMITS                         ``{}``     scope to DRF rate, such as
                                               ``{"proctoring_anonymous": "60/min"}``; a missing
                                               scope is unlimited
==================================  =========  ====================================================
"""

from edx_proctoring import conf


def learner_may_resume() -> bool:
    """Return whether learners may release their own errored attempt for resuming."""
    return _flag("LEARNER_MAY_RESUME", default=True)


def hide_provider_fields() -> bool:
    """Return whether only global staff see the provider's fields of an exam."""
    return _flag("HIDE_PROVIDER_FIELDS", default=False)


def hide_inactive_exams() -> bool:
    """Return whether only global staff see inactive exams."""
    return _flag("HIDE_INACTIVE_EXAMS", default=False)


def anonymous_review_callback() -> str:
    """Return ``allow``, ``signed`` or ``deny``; an unknown value counts as ``deny``, the safe one."""
    mode = conf.proctoring.options.get("ANONYMOUS_REVIEW_CALLBACK", "allow")
    return mode if mode in ("allow", "signed") else "deny"


def rate_limit(scope: str) -> str | None:
    """Return the DRF rate of a scope; None if it is unlimited."""
    rate = (conf.proctoring.options.get("RATE_LIMITS") or {}).get(scope)
    return str(rate) if rate else None


def attempts_viewable_past_due() -> bool:
    """Return whether learners may view an exam after its due date (rest-api.md 4.5)."""
    return conf.proctoring.content_viewable_past_due


def _flag(name: str, *, default: bool) -> bool:
    value = conf.as_bool(conf.proctoring.options.get(name, default))
    return default if value is None else value
