"""Translate the learner ids that providers got before release 3.0.0 into those they get now.

Usage: ``python -m edx_proctoring.scripts.obscure_user INPUT.csv OUTPUT.csv [--backend NAME]``, with
the environment variables ``PROCTORING_USER_OBFUSCATION_KEY`` and ``DJANGO_SECRET_KEY`` set. The
input has columns ``email`` and ``user_id``. Contract: contract/stored-formats#obscuring-script. Needs no Django.
"""

import argparse
import csv
import hashlib
import hmac
import os
import sys
from collections.abc import Sequence
from pathlib import Path

KEYS = ("PROCTORING_USER_OBFUSCATION_KEY", "DJANGO_SECRET_KEY")


def obscured_user_id(secret_key: str, user_id: int | str, *extra: object) -> str:
    """Return the id as hex HMAC-SHA1 of id and extras; the algorithm of ``utils.obscured_user_id``."""
    # SHA-1 is contract: providers have stored these ids.
    digest = hmac.new(secret_key.encode("ascii"), digestmod=hashlib.sha1)
    digest.update(str(user_id).encode("utf-8"))
    for item in extra:
        digest.update(str(item).encode("utf-8"))
    return digest.hexdigest()


def read_user_ids(path: Path) -> dict[str, str]:
    """Return user ids by e-mail address. The last row of an address counts; incomplete rows are skipped."""
    user_ids: dict[str, str] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            email, user_id = (row.get("email") or "").strip(), (row.get("user_id") or "").strip()
            if not email or not user_id:
                sys.stdout.write(f"Skipping row {number}: it lacks an email or a user_id.\n")
                continue
            user_ids[email] = user_id
    return user_ids


def write_translation(path: Path, user_ids: dict[str, str], *, old_key: str, new_key: str, backend: str) -> None:
    """Write the old and the new id per e-mail address."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "existing_user_id", "target_user_id"])
        for email, user_id in user_ids.items():
            writer.writerow(
                [email, obscured_user_id(old_key, user_id, backend), obscured_user_id(new_key, user_id, backend)]
            )


def run(argv: Sequence[str] | None = None) -> int:
    """Run the script and return its exit status; ``argv`` defaults to the command line."""
    parser = argparse.ArgumentParser(description="Translate obscured user ids of releases before 3.0.0.")
    parser.add_argument("input", type=Path, help="CSV file with columns email and user_id")
    parser.add_argument("output", type=Path, help="CSV file to write")
    parser.add_argument(
        "--backend",
        default="proctortrack",
        help="provider of the ids: proctortrack (default) or software_secure",
    )
    arguments = parser.parse_args(argv)
    missing = [key for key in KEYS if not os.environ.get(key)]
    if missing:
        sys.stdout.write(f"Set the environment variables {' and '.join(missing)} and run this script again.\n")
        return 1
    write_translation(
        arguments.output,
        read_user_ids(arguments.input),
        old_key=os.environ["DJANGO_SECRET_KEY"],
        new_key=os.environ["PROCTORING_USER_OBFUSCATION_KEY"],
        backend=arguments.backend,
    )
    return 0


if __name__ == "__main__":
    sys.exit(run())
