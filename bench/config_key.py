"""How long a Config Key takes: ``python -m bench.config_key``. Target: 50 ms for a property list of 100 KiB."""

import statistics
import time
from collections.abc import Callable

from seb_openedx.protocol import compute_config_key, decode, lint_settings, plist

ROUNDS = 21
RULES = 490


def settings() -> dict:
    """Settings of about 100 KiB: most of a large file are rules of the address filter."""
    rules = [
        {"action": 1, "active": True, "expression": f"host{number}.example.com/path/{number}/*", "regex": False}
        for number in range(RULES)
    ]
    return {"URLFilterRules": rules, **{f"setting{number}": number % 2 == 0 for number in range(150)}}


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of a call."""
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    """Print the table."""
    entries = settings()
    data = plist.dumps(entries)
    print(f"property list of {len(data) / 1024:.0f} KiB, median of {ROUNDS}")
    for name, work in (
        ("Config Key of settings", lambda: compute_config_key(entries)),
        ("Config Key of a file", lambda: decode(data).config_key()),
        ("findings", lambda: lint_settings(entries)),
    ):
        print(f"{name:24}{milliseconds(work):7.1f} ms")


if __name__ == "__main__":
    main()
