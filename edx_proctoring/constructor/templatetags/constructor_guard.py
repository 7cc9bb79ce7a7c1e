"""The guard on pages of the host, for ``content_mode`` ``inline``. Contract: contract/constructor#template-tag.

::

    {% load constructor_guard %}{% constructor_guard course_id content_id as guard %}
    <html{% if guard %} data-proctoring-guard="locked"{% endif %}><head>
    {% if guard %}{% include "proctoring_constructor/guard_head.html" %}{% endif %}
    ...
    {% if guard %}{% include "proctoring_constructor/guard_cover.html" %}{% endif %}
    <main id="proctoring-guarded-content">...</main>
"""

from typing import Any

from django import template
from django.utils import timezone

from edx_proctoring.constructor import pages, sessions
from edx_proctoring.constructor.models import ConstructorSession

register = template.Library()


@register.simple_tag(takes_context=True)
def constructor_guard(context: dict[str, Any], course_id: Any, content_id: Any) -> dict[str, Any] | None:
    """Return the configuration of the guard for a page of an exam.

    None if no session of the learner runs there, or its account does not have ``content_mode`` ``inline``.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return None
    running = ConstructorSession.objects.framed_for(user.pk).filter(course_id=course_id, content_id=content_id)
    session = running.order_by("-pk").first()
    provider = None if session is None else sessions.provider_of(session)
    # In the other mode the shell around the page waits for the vendor's message.
    if session is None or provider is None or provider.options.content_mode != "inline":
        return None
    choice = pages.choose_origin(request, session, provider)
    if choice.origin:
        pages.note_origin(session, choice.origin, now=timezone.now())
    return pages.guard_config(session, provider, choice, user_id=user.pk)
