"""Permissions for ``user.has_perm``, as predicates of django-rules. Contract: contract/host-services#review-permission.

The host's ``rules.apps.AutodiscoverRulesConfig`` imports this module.
"""

from collections.abc import Mapping
from typing import Any

import rules

from edx_proctoring import backends
from edx_proctoring.api.access import reviewers


@rules.predicate
def is_in_reviewer_group(user: Any, attempt: Mapping[str, Any]) -> bool:
    """Return whether the user is a reviewer of the attempt's provider.

    ``attempt``: the attempt's dict. The group is named ``<provider>_review``; an exam without a provider of its own
    belongs to the default one.
    """
    backend = attempt["proctored_exam"]["backend"] or backends.default_backend_name() or ""
    return reviewers.reviews_for(user, [backend])


# Staff first, because that check needs no query.
rules.add_perm("edx_proctoring.can_review_attempt", rules.is_staff | is_in_reviewer_group)
