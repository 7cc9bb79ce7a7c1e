"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def handle_ajax(request, *args, **kwargs):
    return HttpResponse("handle_ajax")
