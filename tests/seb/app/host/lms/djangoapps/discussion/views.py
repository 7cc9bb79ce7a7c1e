"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def forum_form_discussion(request, *args, **kwargs):
    return HttpResponse("forum_form_discussion")
