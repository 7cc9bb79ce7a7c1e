"""The protocol of Safe Exam Browser: ``.seb`` files, Config Keys, proofs in requests, links. It does not need Django.

>>> settings = generate({"allow_quit": False}, start_url="https://lms.example.com/", quit_url="https://lms.example.com/q/")
>>> file = encode(settings)
>>> key = decode(file).config_key()
>>> sent = header_hash("https://lms.example.com/courses/", key)  # what a client with this file sends
>>> matches("https://lms.example.com/courses/", key, sent)
True

One module for each question:

============== ===================================================================================
``seb_file``   read and write files
``plist``      the property list in a file
``rncryptor``  the encryption of a file
``values``     what settings consist of, and the order of keys
``config_key`` the Config Key of settings
``keys``       proofs in requests: keys, addresses, hashes
``settings``   what an exam author can choose
``generator``  settings for an exam, new or adapted
``passwords``  hashes of passwords in settings
``lint``       what is wrong with settings from elsewhere
``texts``      sentences for people
``versions``   versions that a file demands and a client names
``links``      seb:// and sebs:// links
``errors``     the exceptions
``cli``        the command line
============== ===================================================================================

The names below are the public interface.
"""

from seb_openedx.protocol.config_key import compute_config_key, to_seb_json
from seb_openedx.protocol.errors import FileError, SebError
from seb_openedx.protocol.generator import adapt, exam_quit_url, exam_start_url, generate
from seb_openedx.protocol.keys import (
    BROWSER_EXAM_KEY_HEADER,
    CONFIG_KEY_HEADER,
    find_match,
    header_hash,
    is_key,
    matches,
    parse_keys,
    url_candidates,
)
from seb_openedx.protocol.links import data_link, parse_link, seb_link
from seb_openedx.protocol.lint import Finding, Level, check_password, has_errors, lint_settings
from seb_openedx.protocol.passwords import hash_password
from seb_openedx.protocol.seb_file import CONTENT_TYPE, Format, SebFile, decode, encode
from seb_openedx.protocol.settings import DEFAULTS, summarize
from seb_openedx.protocol.values import Settings, Value
from seb_openedx.protocol.versions import Client, allowed_versions, from_javascript, from_user_agent, is_too_old

__all__ = [
    "BROWSER_EXAM_KEY_HEADER",
    "CONFIG_KEY_HEADER",
    "CONTENT_TYPE",
    "DEFAULTS",
    "Client",
    "FileError",
    "Finding",
    "Format",
    "Level",
    "SebError",
    "SebFile",
    "Settings",
    "Value",
    "adapt",
    "allowed_versions",
    "check_password",
    "compute_config_key",
    "data_link",
    "decode",
    "encode",
    "exam_quit_url",
    "exam_start_url",
    "find_match",
    "from_javascript",
    "from_user_agent",
    "generate",
    "has_errors",
    "hash_password",
    "header_hash",
    "is_key",
    "is_too_old",
    "lint_settings",
    "matches",
    "parse_keys",
    "parse_link",
    "seb_link",
    "summarize",
    "to_seb_json",
    "url_candidates",
]
