"""Who may do what: predicates for ``user.has_perm``.

Found by ``rules.apps.AutodiscoverRulesConfig`` of the host. Spec: data-model.md 11.
"""

from collections.abc import Mapping
from typing import Any

import rules

from edx_proctoring import backends


@rules.predicate
def is_in_reviewer_group(user: Any, attempt: Mapping[str, Any]) -> bool:
    """Whether the user belongs to the reviewers of the attempt's provider.

    ``attempt``: the serialised attempt. The group is called ``<provider>_review``; an exam without
    a provider of its own belongs to the default one.
    """
    backend = attempt["proctored_exam"]["backend"] or backends.default_backend_name()
    return bool(user.groups.filter(name=f"{backend}_review").exists())


# Staff first: that is known without a query.
rules.add_perm("edx_proctoring.can_review_attempt", rules.is_staff | is_in_reviewer_group)
