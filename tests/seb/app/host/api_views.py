"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def content(request, *args, **kwargs):
    return HttpResponse("content")
