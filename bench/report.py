"""The table on the terminal, and the JSON file with all results."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def about_the_machine() -> dict[str, Any]:
    """Return the time, the commit, and how busy the machine is."""
    load = os.getloadavg()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "changed_files": len(_git("status", "--porcelain").splitlines()),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": [round(part, 2) for part in load],
    }


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def table(results: dict[str, Any]) -> str:
    """Return the results as text: one line per route, one group of columns per size."""
    sizes = results["sizes"]
    clock = results["clock"]
    head = f"{'route':<52} {'aim':>4} {'max':>4}"
    for size in sizes:
        head += f" | {'q@' + str(size['learners']):>8} {'ms':>8} {'bytes':>8}"
    head += f" | {'growth':>6} {'x bare':>6}"
    lines = [head, "-" * len(head)]
    for row in results["routes"]:
        line = f"{row['name']:<52} {_or_blank(row['aim']):>4} {_or_blank(row['ceiling']):>4}"
        for cost in row["costs"]:
            line += f" | {cost['queries']:>8} {cost[clock]:>8.2f} {cost['bytes']:>8}"
        line += f" | {_or_blank(row.get('growth')):>6} {_or_blank(row.get('times_bare')):>6}"
        if row["complaints"]:
            line += "  <- " + "; ".join(row["complaints"])
        lines.append(line)
    about = results["about"]
    lines.append("")
    lines.append(
        f"ms: median of {results['runs']}, {clock}. growth: largest course over smallest. x bare: polled calls over "
        "a view that reads one row."
    )
    lines.append(" ".join(f"{key}={value}" for key, value in {**about, **sizes[0], **sizes[-1]}.items()))
    return "\n".join(lines)


def _or_blank(value: Any) -> str:
    return "" if value is None else str(value)


def write(results: dict[str, Any], path: Path | None = None) -> Path:
    """Write the results as JSON. Return the path."""
    if path is None:
        RESULTS.mkdir(exist_ok=True)
        stamp = results["about"]["at"].replace(":", "").replace("+0000", "Z")
        path = (
            RESULTS / f"{stamp}-{results['about']['commit'][:10] or 'unknown'}-{results['sizes'][0]['database']}.json"
        )
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return path
