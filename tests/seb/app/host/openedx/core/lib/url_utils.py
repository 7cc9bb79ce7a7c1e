"""Quoting of slashes in block handlers' addresses."""


def unquote_slashes(text):
    return text.replace(";_", "/").replace(";;", ";")
