"""System checks for mistakes in the configuration.

Contract: contract/provider-configuration#start-up, contract/rpnow#password-cipher.

Each message names the setting, and its hint says how to repair it. No mistake in a proctoring setting stops a
command: errors are printed, and the platform starts and migrates. Run with ``manage.py check``.

========================  =====================================================================
``edx_proctoring.E001``   a setting that must be a dict is not
``edx_proctoring.W002``   there is no default backend, or no provider with its name
``edx_proctoring.E003``   the default provider could not be built, or one of the older form
``edx_proctoring.W003``   another provider could not be built
``edx_proctoring.W004``   an option of a provider has no effect
``edx_proctoring.W005``   a boolean, of a provider or the platform, is neither true nor false
``edx_proctoring.E006``   the default provider cannot encrypt exam passwords (``W006``: another one)
``edx_proctoring.W007``   reviews can be forged: callback simulation is on
``edx_proctoring.W008``   there is no key for obscured user ids
``edx_proctoring.E009``   a time limit of the default provider is not a positive number (``W009``: another one)
``edx_proctoring.W010``   the platform has no public keys for JWTs
``edx_proctoring.W021``   a provider's ``settings``, or its links, are not a dict
``edx_proctoring.W022``   a provider's ``settings`` have a key that nothing reads
``edx_proctoring.W023``   exams name a provider that is not configured
``edx_proctoring.W024``   a switch is named after a provider that is not configured
``edx_proctoring.W025``   the group that may deliver the reviews of a REST provider is empty
``edx_proctoring.W035``   a rate limit is not a rate, or its scope does not exist
``edx_proctoring.E036``   the rate limit of polls is too low for a running exam
``edx_proctoring.E037``   the form of stored links to recordings is unknown
``edx_proctoring.W026``   a value is a placeholder of a sample
``edx_proctoring.W027``   a provider does not say which verdicts pass, so a violation passes
``edx_proctoring.W028``   reviews of a provider are accepted without proof of their sender
``edx_proctoring.E040``   a backend of Constructor Proctor lacks its app (``W040``: not the default one)
``edx_proctoring.E041``   an option of such a backend is missing or wrong (``W041``: not the default one)
``edx_proctoring.W042``   an option of such a backend is unknown or weak
``edx_proctoring.W043``   a setting for some courses is neither true, false nor a list of patterns
``edx_proctoring.W047``   the mode of outages is unknown
``edx_proctoring.W048``   a number, such as ``JOB_SECONDS``, is no whole number from 1
========================  =====================================================================

W023 to W025 query the database: they run with ``manage.py check --database default``, with ``migrate`` and with
``check_proctoring_backends``.
"""

from edx_proctoring.checks.common import TAG, ErrorThatStopsNothing
from edx_proctoring.checks.constructor import check_constructor_backends
from edx_proctoring.checks.database_rows import check_rows
from edx_proctoring.checks.placeholders import check_placeholders
from edx_proctoring.checks.provider_settings import check_dropped_options, check_provider_settings
from edx_proctoring.checks.providers import (
    check_broken_backends,
    check_default_backend,
    check_exam_passwords,
    check_passing_statuses,
    check_time_limits,
)
from edx_proctoring.checks.security import check_callback_simulation, check_jwt_keys, check_obfuscation_key
from edx_proctoring.checks.setting_values import (
    check_booleans,
    check_counts,
    check_outage_mode,
    check_rate_limits,
    check_scopes,
    check_shapes,
    check_video_url_cipher,
)

__all__ = [
    "TAG",
    "ErrorThatStopsNothing",
    "check_booleans",
    "check_broken_backends",
    "check_callback_simulation",
    "check_constructor_backends",
    "check_counts",
    "check_default_backend",
    "check_dropped_options",
    "check_exam_passwords",
    "check_jwt_keys",
    "check_obfuscation_key",
    "check_outage_mode",
    "check_passing_statuses",
    "check_placeholders",
    "check_provider_settings",
    "check_rate_limits",
    "check_rows",
    "check_scopes",
    "check_shapes",
    "check_time_limits",
    "check_video_url_cipher",
]
