"""Mako pages since Hawthorn: the current module finds the old package too."""

from seb_openedx.edxapp_wrapper.backends.edxmako_module_n_v1 import render_to_response, render_to_string

__all__ = ["render_to_response", "render_to_string"]
