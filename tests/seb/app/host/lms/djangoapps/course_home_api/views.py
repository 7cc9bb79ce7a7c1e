"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def outline(request, *args, **kwargs):
    return HttpResponse("outline")
