"""Who reviews for a provider: the members of its group. Contract: contract/host-services#review-permission."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group

__all__: list[str] = []


def group_of(backend: str) -> str:
    """Return the name of the group of a provider's reviewers."""
    return f"{backend}_review"


def reviews_for(user: Any, backends: Collection[str]) -> bool:
    """Return whether the user is a reviewer of at least one of these providers. One query, none without providers."""
    return bool(backends and user.groups.filter(name__in=[group_of(name) for name in backends]).exists())


def with_reviewers(backends: Collection[str]) -> set[str]:
    """Return which of these providers have a reviewer whose account is active. One query, none without providers."""
    if not backends:
        return set()
    by_group = {group_of(name): name for name in backends}
    manned = Group.objects.filter(name__in=by_group, user__is_active=True).order_by()
    return {by_group[name] for name in manned.values_list("name", flat=True).distinct()}
