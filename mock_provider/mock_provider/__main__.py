"""``python -m mock_provider``: run the provider until Ctrl-C or SIGTERM. Contract: contract/mock-provider#command."""

from __future__ import annotations

import argparse
import copy
import logging
import signal
import sqlite3
import ssl
import sys
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from .app import MockProvider
from .scenario import ReviewPlan, Scenario
from .scenario_input import MAX_NUMBER, change_scenario
from .seed import Seed, load_seed

DESCRIPTION = """\
A proctoring provider for development and demonstration.

CLIENT_ID and CLIENT_SECRET are those of an OAuth2 application in the LMS whose user is in the group
<backend>_review. The LMS in turn may log in here as any client X with the secret Xsecret.
"""


def delay(text: str) -> float | None:
    """The value of an option: ``off`` or a number of seconds."""
    if text.strip().lower() == "off":
        return None
    seconds = float(text)
    if not 0 <= seconds <= MAX_NUMBER:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {MAX_NUMBER}")
    return seconds


def port(text: str) -> int:
    """The value of an option: a number from 0 to 65535."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="mock_provider", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = options.add_argument
    add("client_id", nargs="?", metavar="CLIENT_ID")
    add("client_secret", nargs="?", metavar="CLIENT_SECRET")
    add("-l", "--lms-host", default="http://localhost:18000", metavar="URL", help="the LMS (default: %(default)s)")
    add("--port", type=port, default=11136, help="0 takes any free port (default: %(default)s)")
    add("--host", default="0.0.0.0", help="address to listen on (default: %(default)s)")
    add("--db", default=":memory:", metavar="FILE", help="keep the data in this file (default: in memory only)")
    add("--seed", metavar="FILE", help='JSON with "clients" (id: secret), "rpnow" (key id: keys) and "scenario"')
    add("--control-token", default="", metavar="TEXT", help="open /_control/ to other machines that send this token")
    add("--rpnow-callback-secret", default="", metavar="TEXT", help="sign the reviews of RPNow mode with this")
    add("--certificate", default="", metavar="FILE", help="speak https with the key and certificates of this PEM file")
    add(
        "--review-delay",
        type=delay,
        default=10.0,
        metavar="SECONDS",
        help="send a good review this long after a submission; 'off' leaves it to a reviewer at /reviewer/",
    )
    add(
        "--ready-delay",
        type=delay,
        default=2.0,
        metavar="SECONDS",
        help="report the learner ready this long after the software opened; 'off' waits for the learner",
    )
    add("--mockprock-quirks", action="store_true", help="answer {} instead of 404 for an unknown exam")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve. Returns the exit code; 1 without credentials."""
    options = parser().parse_args(arguments)
    lms_host = options.lms_host.rstrip("/")
    if not options.client_id or not options.client_secret:
        parser().print_help(sys.stderr)
        print(f"\nMake the OAuth2 application here: {lms_host}/admin/oauth2_provider/application/", file=sys.stderr)
        return 1
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # The contract's secrets ("<client id>secret") are shorter than HS256 recommends.
    warnings.filterwarnings("ignore", message="The HMAC key is", module="jwt")

    try:
        seed = load_seed(options.seed) if options.seed else Seed()
    except (OSError, ValueError) as error:
        print(f"mock_provider: --seed {options.seed}: {error}", file=sys.stderr)
        return 1
    start = Scenario(review=ReviewPlan(delay=options.review_delay), ready_delay=options.ready_delay)
    change_scenario(start, seed.scenario)
    try:
        provider = MockProvider(
            options.client_id,
            options.client_secret,
            lms_host,
            host=options.host,
            port=options.port,
            db=options.db,
            clients=seed.clients,
            rpnow_accounts=seed.rpnow_accounts,
            initial=lambda: copy.deepcopy(start),
            control_token=options.control_token,
            rpnow_callback_secret=options.rpnow_callback_secret,
            quirks=options.mockprock_quirks,
            certificate=options.certificate,
        )
    except sqlite3.Error as error:
        print(f"mock_provider: --db {options.db}: {error}", file=sys.stderr)
        return 1
    except ssl.SSLError as error:
        print(f"mock_provider: --certificate {options.certificate}: {error.reason}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"mock_provider: port {options.port} of {options.host}: {error.strerror}. See --port.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"Mock Proctoring listens on {provider.url} for the LMS at {lms_host}", flush=True)
    try:
        provider.serve()
    except KeyboardInterrupt:
        pass  # the server treats this as its end too, once it runs
    finally:
        print("Mock Proctoring stops", flush=True)
        provider.stop()
    return 0


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
