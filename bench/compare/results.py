"""From times to ratios, and the table."""

import statistics
from dataclasses import dataclass
from typing import Any, Final

# The two versions in all results: the commit and the working tree.
OLD, NEW = "old", "new"

# The row that is the floor of another one, and that other one.
_FLOOR: Final = "bare flow"
_ABOVE_FLOOR: Final = "whole attempt"


@dataclass(frozen=True, slots=True)
class Spread:
    """A ratio in several rounds."""

    median: float
    smallest: float
    largest: float

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.smallest:.2f}..{self.largest:.2f})"


def spread(ratios: list[float]) -> Spread:
    """Summarise the ratios of all rounds."""
    return Spread(statistics.median(ratios), min(ratios), max(ratios))


def row_ratio(row: dict[str, Any], clock: str) -> Spread:
    """New over old. The ratio of a round is that of the medians of all its calls."""
    return spread([_median(times, NEW, clock) / _median(times, OLD, clock) for times in row["rounds"]])


def row_ms(row: dict[str, Any], side: str, clock: str) -> float:
    """Return the milliseconds of one call: the median of the rounds' medians."""
    return statistics.median(_median(times, side, clock) for times in row["rounds"])


def _median(times: dict[str, Any], side: str, clock: str) -> float:
    return statistics.median(times[side][clock])


def table(measured: dict[str, Any]) -> str:
    """Return the results as text."""
    clock, rows, memory = measured["clock"], measured["rows"], measured["memory_kb"]
    lines = [_line("row", "new/old (min..max)", "old ms", "new ms", "CPU only", "statements", "commits")]
    lines.append("-" * len(lines[0]))
    for name, row in rows.items():
        lines.append(
            _line(
                name,
                str(row_ratio(row, clock)),
                f"{row_ms(row, OLD, clock):.2f}",
                f"{row_ms(row, NEW, clock):.2f}",
                f"{row_ratio(row, 'cpu').median:.3f}",
                _change(row["counts"], "statements"),
                _change(row["counts"], "commits"),
            )
        )
    old_mb, new_mb = (statistics.median(peaks[side] for peaks in memory) / 1024 for side in (OLD, NEW))
    peaks = spread([peaks[NEW] / peaks[OLD] for peaks in memory])
    lines.append(_line("peak memory, MB", str(peaks), f"{old_mb:.1f}", f"{new_mb:.1f}"))
    if _FLOOR in rows and _ABOVE_FLOOR in rows:
        old, new = (row_ms(rows[_ABOVE_FLOOR], side, clock) / row_ms(rows[_FLOOR], side, clock) for side in (OLD, NEW))
        lines.append(_line(f"{_ABOVE_FLOOR} / {_FLOOR}", "", f"{old:.2f}", f"{new:.2f}"))
    about = measured["about"]
    lines += [
        "",
        f"ms: {clock} time of one call. new/old: median, smallest and largest of {len(memory)} rounds.",
        f"old: {measured['ref'][:12]}. new: working tree on {about['commit'][:12]}, files changed: "
        f"{about['changed_files']}.",
        f"{about['database']}, Python {about['python']}, Django {about['django']}, "
        f"processors: {about['processors']}, load before: {about['load'][0]}.",
    ]
    return "\n".join(lines)


def _line(name: str, ratio: str, old: str, new: str, cpu: str = "", statements: str = "", commits: str = "") -> str:
    return f"{name:<29} {ratio:>20} {old:>8} {new:>8} {cpu:>9} {statements:>11} {commits:>9}".rstrip()


def _change(counts: dict[str, dict[str, int]], what: str) -> str:
    return f"{counts[OLD][what]} > {counts[NEW][what]}"
