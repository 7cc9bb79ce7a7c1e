"""Base of commands that process large tables in batches, with pauses and constant memory."""

import argparse
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand
from django.db import models

from edx_proctoring.utils.transactions import in_parts

ModelT = TypeVar("ModelT", bound=models.Model)
ItemT = TypeVar("ItemT")

DEFAULT_BATCH_SIZE = 300
DEFAULT_SLEEP_TIME = 10
MOST_DAYS_BACK = 36500


class BatchCommand(BaseCommand):
    """A command with ``--batch_size``, ``--sleep_time`` and ``--dry-run``.

    Commands keep their state in local variables, so that one instance can run several times.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that all batch commands have."""
        parser.add_argument(
            "--batch_size", type=positive_int, default=DEFAULT_BATCH_SIZE, help="rows per batch (default %(default)s)"
        )
        parser.add_argument(
            "--sleep_time",
            type=whole_number,
            default=DEFAULT_SLEEP_TIME,
            help="seconds to pause between batches (default %(default)s)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", dest="dry_run", help="report what would be done and change nothing"
        )

    def say(self, text: str, **options: Any) -> None:
        """Write a line for the operator, unless ``--verbosity 0``."""
        if options.get("verbosity", 1) > 0:
            self.stdout.write(text)


def positive_int(text: str) -> int:
    """Parse an option that must be at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def whole_number(text: str) -> int:
    """Parse an option that must be at least 0."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than 0")
    return number


def days_back(text: str) -> int:
    """Parse a number of days in the past, from 0 to 36500: dates do not reach further back than the year 1."""
    days = whole_number(text)
    if days > MOST_DAYS_BACK:
        raise argparse.ArgumentTypeError(f"{text} is more than {MOST_DAYS_BACK}")
    return days


def rows_in_batches(queryset: models.QuerySet[ModelT], *, batch_size: int, sleep_time: float) -> Iterator[list[ModelT]]:
    """Yield the rows in batches by ascending key; pause between batches.

    Each batch is a query of its own that starts after the last key. The caller may change or delete the rows, including
    the columns that ``queryset`` filters by: no row is yielded twice.
    """
    last_key = None
    while True:
        remaining = queryset if last_key is None else queryset.filter(pk__gt=last_key)
        # One row more than the batch tells whether another batch follows.
        rows = list(remaining.order_by("pk")[: batch_size + 1])
        batch, is_last = rows[:batch_size], len(rows) <= batch_size
        if batch:
            # Read before the yield: an instance that the caller deletes loses its key.
            last_key = batch[-1].pk
            yield batch
        if is_last:
            return
        pause(sleep_time)


def items_in_batches(items: Iterable[ItemT], *, batch_size: int, sleep_time: float) -> Iterator[list[ItemT]]:
    """Yield lists of at most ``batch_size`` items, reading no further than the list; pause between lists."""
    for number, batch in enumerate(in_parts(items, batch_size)):
        if number:
            pause(sleep_time)
        yield batch


def pause(seconds: float) -> None:
    """Give other users of the database time. 0: do not pause."""
    if seconds > 0:
        time.sleep(seconds)
