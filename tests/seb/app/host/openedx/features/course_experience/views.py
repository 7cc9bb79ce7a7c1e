"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def course_home(request, *args, **kwargs):
    return HttpResponse("course_home")
