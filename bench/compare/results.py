"""From times to ratios, and the table."""

import statistics
from dataclasses import dataclass
from typing import Any

# The row that is also printed as a multiple of another one.
FLOOR, MULTIPLE = "bare flow", "whole attempt"


@dataclass(frozen=True, slots=True)
class Spread:
    """A ratio: its median over all pairs, and the smallest and largest of them."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.low:.2f}..{self.high:.2f})"


def spread(ratios: list[float]) -> Spread:
    """Summarise the ratios of pairs."""
    return Spread(statistics.median(ratios), min(ratios), max(ratios))


def row_ratio(row: dict[str, Any], clock: str) -> Spread:
    """New over old. A pair is two blocks that ran one after the other; a block counts by its median."""
    return spread(
        [statistics.median(block["new"][clock]) / statistics.median(block["ref"][clock]) for block in row["blocks"]]
    )


def median_ms(row: dict[str, Any], side: str, clock: str) -> float:
    """The median of all calls of one version, in milliseconds."""
    return statistics.median(sample for block in row["blocks"] for sample in block[side][clock])


def table(measured: dict[str, Any]) -> str:
    """The results as text."""
    clock, rows = measured["clock"], measured["rows"]
    head = f"{'row':<31} {'new/old (min..max)':>21} {'old ms':>9} {'new ms':>9} {'statements':>11} {'commits':>8}"
    lines = [head, "-" * len(head)]
    for name, row in rows.items():
        counts = row["counts"]
        lines.append(
            f"{name:<31} {row_ratio(row, clock)!s:>21} "
            f"{median_ms(row, 'ref', clock):>9.2f} {median_ms(row, 'new', clock):>9.2f} "
            f"{_pair(counts, 'statements'):>11} {_pair(counts, 'commits'):>8}"
        )
    memory = measured["memory_kb"]
    ratio = spread([pair["new"] / pair["ref"] for pair in memory])
    old, new = (statistics.median(pair[side] for pair in memory) / 1024 for side in ("ref", "new"))
    lines.append(f"{'peak memory, MB':<31} {ratio!s:>21} {old:>9.1f} {new:>9.1f}")
    if FLOOR in rows and MULTIPLE in rows:
        multiples = {
            side: median_ms(rows[MULTIPLE], side, clock) / median_ms(rows[FLOOR], side, clock)
            for side in ("ref", "new")
        }
        lines.append(f"{f'{MULTIPLE} / {FLOOR}':<31} {'':>21} {multiples['ref']:>9.2f} {multiples['new']:>9.2f}")
    pairs = len(next(iter(rows.values()))["blocks"]) if rows else 0
    about = measured["about"]
    lines += [
        "",
        f"ms: {clock} time, median of all calls. Ratio: median of {pairs} pairs in {len(memory)} rounds. "
        "Statements and commits: old -> new.",
        f"old: {measured['ref'][:12]}  new: working tree on {about['commit'][:12]}, "
        f"{about['changed_files']} changed files",
        f"{about['database']}, Python {about['python']}, Django {about['django']}, load {about['load']}",
    ]
    return "\n".join(lines)


def _pair(counts: dict[str, dict[str, int]], what: str) -> str:
    return f"{counts['ref'][what]} -> {counts['new'][what]}"
