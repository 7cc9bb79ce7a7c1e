"""How commands walk through large tables: in batches, with pauses, without loading the table."""

import argparse
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.core.management.base import BaseCommand
from django.db import models

ModelT = TypeVar("ModelT", bound=models.Model)
ItemT = TypeVar("ItemT")

DEFAULT_BATCH_SIZE = 300
DEFAULT_SLEEP_TIME = 10


class BatchCommand(BaseCommand):
    """A command with ``--batch_size``, ``--sleep_time`` and ``--dry-run``.

    All state lives in ``handle``: an instance that is run twice starts afresh.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that all batch commands have."""
        parser.add_argument(
            "--batch_size", type=positive_int, default=DEFAULT_BATCH_SIZE, help="rows per batch (default %(default)s)"
        )
        parser.add_argument(
            "--sleep_time",
            type=int,
            default=DEFAULT_SLEEP_TIME,
            help="seconds to rest between batches (default %(default)s)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", dest="dry_run", help="say what would be done and do nothing"
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


def rows_in_batches(queryset: models.QuerySet[ModelT], *, batch_size: int, sleep_time: float) -> Iterator[list[ModelT]]:
    """Yield the rows by ascending key, at most ``batch_size`` at a time; rest between two batches.

    Each batch is a query of its own that goes on after the last key. The caller may change or
    delete what it was given, also the columns that ``queryset`` filters by: no row comes twice.
    """
    last_key = None
    while True:
        remaining = queryset if last_key is None else queryset.filter(pk__gt=last_key)
        # One row more than is handed out: whoever rests must know that something follows.
        rows = list(remaining.order_by("pk")[: batch_size + 1])
        batch, is_last = rows[:batch_size], len(rows) <= batch_size
        if batch:
            # Before the batch is handed out: a deleted instance has no key any more.
            last_key = batch[-1].pk
            yield batch
        if is_last:
            return
        rest(sleep_time)


def items_in_batches(items: Iterable[ItemT], *, batch_size: int, sleep_time: float) -> Iterator[list[ItemT]]:
    """Yield lists of at most ``batch_size`` items, reading no further than that; rest between two lists."""
    remaining = iter(items)
    batch = list(islice(remaining, batch_size))
    while batch:
        yield batch
        batch = list(islice(remaining, batch_size))
        if batch:
            rest(sleep_time)


def rest(seconds: float) -> None:
    """Leave the database to others for a while; 0 rests not at all."""
    if seconds > 0:
        time.sleep(seconds)
