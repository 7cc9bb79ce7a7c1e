"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def handle_xblock_callback(request, *args, **kwargs):
    return HttpResponse("handle_xblock_callback")
