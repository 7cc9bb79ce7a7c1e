"""``python -m demo.seb_browser <launch link>``: open an exam as Safe Exam Browser would, without installing it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace

from demo.seb_browser import chromium, exam_file, proxy

# The last page stays on the screen for so long.
LAST_PAGE_SECONDS = 3
STOP_SECONDS = 5

NOTICE = """\
This plays Safe Exam Browser for the demo. It is not Safe Exam Browser: it locks nothing, and
whoever knows a Config Key can do what it does.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m demo.seb_browser", description=__doc__, epilog=NOTICE)
    options.add_argument("link", help="what the exam's page offers: seb://…, in quotation marks")
    options.add_argument("--password", help="of a file that asks for one")
    options.add_argument(
        "--config-key", help="of the computer's own settings, for a link that leads to a page instead of a file"
    )
    options.add_argument(
        "--without-headers",
        action="store_true",
        help="send no headers, as a browser whose settings are wrong: the pages stay closed",
    )
    return options


def play(exam: exam_file.Exam, *, without_headers: bool) -> None:
    """Show the exam until the person closes the window or leaves the exam."""
    program = chromium.find()
    if without_headers:
        exam = exam_file.Exam(start_url=exam.start_url, quit_url=exam.quit_url)
    with proxy.running(exam) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        line = chromium.command(program, profile=profile, proxy=server.address, url=exam.start_url, is_root=is_root)
        window = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while window.poll() is None and not server.has_ended.wait(0.2):
                pass
            if server.has_ended.is_set():
                print("The exam was left by its quit link; the window closes.", flush=True)
                time.sleep(LAST_PAGE_SECONDS)
        finally:
            window.terminate()
            try:
                window.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                window.kill()
                window.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the exam. Returns the exit code."""
    options = parser().parse_args(arguments)
    print(NOTICE, flush=True)
    try:
        exam = exam_file.load(options.link, password=options.password)
        if options.config_key:
            exam = replace(exam, config_key=options.config_key, sends_hashes=True)
        print(f"Config Key {exam.config_key[:7] or 'none'}…, starts at {exam.start_url.partition('?')[0]}", flush=True)
        play(exam, without_headers=options.without_headers)
    except exam_file.LaunchError as error:
        print(f"seb_browser: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
