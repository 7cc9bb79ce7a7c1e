"""Rendering of Mako templates."""

from pathlib import Path

from django.http import HttpResponse

from common.djangoapps.edxmako import paths

paths.add_lookup("main", str(Path(__file__).parents[3] / "mako_templates"))


def render_to_string(template_name, dictionary=None, namespace="main", request=None, **kwargs):
    return paths.LOOKUP[namespace].get_template(template_name).render(**(dictionary or {}))


def render_to_response(template_name, dictionary=None, namespace="main", request=None, **kwargs):
    return HttpResponse(render_to_string(template_name, dictionary, namespace, request), **kwargs)
