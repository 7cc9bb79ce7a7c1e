"""Where Mako looks for templates."""

from mako.lookup import TemplateLookup

LOOKUP = {}


def add_lookup(namespace, directory, package=None, prepend=False):
    lookup = LOOKUP.setdefault(namespace, TemplateLookup(directories=[], input_encoding="utf-8"))
    lookup.directories.append(directory)
