"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def course_wiki_redirect(request, *args, **kwargs):
    return HttpResponse("course_wiki_redirect")
