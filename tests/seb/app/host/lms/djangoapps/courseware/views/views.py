"""Views under the platform's module names. Each answers with its own name."""

from django.http import HttpResponse


def course_about(request, *args, **kwargs):
    return HttpResponse("course_about")


def progress(request, *args, **kwargs):
    return HttpResponse("progress")


def jump_to(request, *args, **kwargs):
    return HttpResponse("jump_to")


def render_xblock(request, *args, **kwargs):
    return HttpResponse("render_xblock")


def dashboard(request, *args, **kwargs):
    return HttpResponse("dashboard")
