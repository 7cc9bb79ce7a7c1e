"""How long does the course team wait for its screens, and how long did it at a commit?

``python -m bench.desk REF`` (``make bench-desk REF=<commit>``): two demos run side by side, the working tree and the
commit, each with ``load_learners``. Chromium opens the tab of both in turn. Times are those of the page itself: from
the begin of the navigation, or from the click, until the first row, or the row that was searched for, is in the page.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from bench import report
from bench.compare import trees
from bench.compare.results import NEW, OLD
from tests.browser.conftest import CHROMIUM_FLAGS, find_chromium
from tests.browser.demo_process import COURSE, REPOSITORY, Demo

LOAD_SECONDS: Final = 1800
PAGE_SECONDS: Final = 120
TAB: Final = f"/courses/{quote(COURSE)}/instructor"
API: Final = "/api/edx_proctoring/"
# The tab as the commit has it: panel → selector of its first row. All load when the tab does.
# The demo of d10104b has no onboarding.
CLASSIC: Final = {
    "Attempts": ".student-proctored-exam-container tr.allowance-items",
    "Allowances": ".special-allowance-container .accordion-trigger",
}
# Panel of the desk → its address. ``{exam}`` is the timed exam.
DESK: Final = {
    "Attempts": "?pd=attempts",
    "Allowances": "?pd=allowances",
    "Onboarding": "?pd=onboarding",
    "Overview": "?pd=overview",
    "Live": "?pd=live&pd.exam={exam}&pd.show=in_exam",
    "Reviews": "?pd=reviews",
    "Problems": "?pd=problems",
    "Readiness": "?pd=readiness",
    "Jobs": "?pd=jobs",
}
# What a panel shows when it has arrived: rows, or the sentence that there are none.
DESK_CONTENT: Final = ".proctoring-desk .js-body :is(tbody tr:not([aria-hidden]), .proctoring-desk__state, .js-retry)"
CONTENT: Final = ("content",)
# Notes when a selector first matched, in the page's own clock.
WATCH: Final = """selectors => {
    window.benchSeen = {};
    const look = () => {
        for (const [name, selector] of Object.entries(selectors)) {
            if (!(name in window.benchSeen) && document.querySelector(selector)) {
                window.benchSeen[name] = performance.now();
            }
        }
    };
    new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
    look();
}"""
# The learners who are in the timed exam while it is measured.
START: Final = """
from django.utils import timezone
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt as Attempt
exam = ProctoredExam.objects.filter(course_id={course!r}, is_proctored=False, is_active=True).order_by("pk").first()
ids = list(Attempt.objects.filter(proctored_exam=exam).order_by("pk").values_list("pk", flat=True)[:{running}])
for start in range(0, len(ids), 500):
    Attempt.objects.filter(pk__in=ids[start:start + 500]).update(
        status="started", started_at=timezone.now(), completed_at=None, allowed_time_limit_mins=600)
print("exam", exam.pk)
"""

Times = dict[str, list[float]]


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.desk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ref", nargs="?", help="the commit to compare with; none: the working tree alone")
    parser.add_argument("--learners", type=int, default=10_000, help="loaded into the course (default: %(default)s)")
    parser.add_argument("--running", type=int, default=2000, help="of them are in the exam (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="keeps the loaded data there, and uses what is there already")
    return parser.parse_args(arguments)


class Version:
    """A demo of one version, loaded, with a page of the course team. Leave it with ``close``."""

    def __init__(self, label: str, repository: Path, folder: Path, options: argparse.Namespace) -> None:
        self.label = label
        is_loaded = (folder / "loaded").exists()
        folder.mkdir(parents=True, exist_ok=True)
        self.demo = Demo(folder / "data", database=(), repository=repository)
        try:
            self.demo.wait_until_it_runs(LOAD_SECONDS)
            if not is_loaded:
                self.demo.run("demo.manage", "load_learners", str(options.learners), timeout=LOAD_SECONDS)
                (folder / "loaded").touch()
            code = START.format(course=COURSE, running=options.running)
            said = self.demo.run("demo.manage", "shell", "-c", code, timeout=LOAD_SECONDS)
            self.exam = int(said.split()[-1])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop the demo."""
        self.demo.stop()

    def open_page(self, browser: Browser, selectors: Mapping[str, str]) -> Page:
        """Return a page on which course staff are logged in; it notes when each of ``selectors`` first matched."""
        context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(1000 * PAGE_SECONDS)
        page = context.new_page()
        page.add_init_script(f"({WATCH})({json.dumps(selectors)})")
        page.goto(f"{self.demo.host}/login/stan")
        return page


def opened(version: Version, page: Page, query: str, names: Collection[str]) -> tuple[dict[str, float], int]:
    """Open the tab; milliseconds until each selector first matched, and the bytes of JSON that came by then."""
    page.goto("about:blank")
    page.goto(version.demo.host + TAB + query.format(exam=version.exam), wait_until="commit")
    page.wait_for_function("names => names.every(name => name in window.benchSeen)", arg=list(names))
    seen = page.evaluate("window.benchSeen")
    return {name: seen[name] for name in names}, json_bytes(page)


def json_bytes(page: Page) -> int:
    """Return the bytes of the JSON that the page has received since its navigation, uncompressed."""
    return int(
        page.evaluate(
            "api => performance.getEntriesByType('resource').filter(entry => entry.name.includes(api))"
            ".reduce((sum, entry) => sum + entry.decodedBodySize, 0)",
            API,
        )
    )


def after(page: Page, act: str, arrived: str, argument: Any = None) -> float:
    """Run the script ``act``; milliseconds until the script ``arrived`` is true, seen whenever the page changes."""
    return float(
        page.evaluate(
            """([act, arrived, argument, limit]) => new Promise((done, fail) => {
                const isThere = new Function('argument', 'return ' + arrived);
                const start = performance.now();
                const look = () => {
                    if (isThere(argument)) {
                        watch.disconnect();
                        done(performance.now() - start);
                    }
                };
                const watch = new MutationObserver(look);
                watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
                setTimeout(() => fail(new Error('nothing came: ' + arrived)), limit);
                new Function('argument', act)(argument);
            })""",
            [act, arrived, argument, 1000 * PAGE_SECONDS],
        )
    )


class Measurements:
    """What was measured: name → version → numbers. Milliseconds, or bytes where the name says so."""

    def __init__(self) -> None:
        self.rows: dict[str, Times] = {}

    def add(self, name: str, label: str, value: float) -> None:
        """Note one number."""
        self.rows.setdefault(name, {}).setdefault(label, []).append(value)

    def table(self) -> str:
        """Return the medians with their ratios."""
        lines = [f"{'what':<44}{'commit':>12}{'now':>12}{'commit/now':>12}", "-" * 80]
        for name, found in self.rows.items():
            middle = {label: statistics.median(values) for label, values in found.items()}
            ratio = f"{middle[OLD] / middle[NEW]:.1f}" if OLD in middle and middle.get(NEW) else ""
            shown = [f"{middle[label]:,.0f}" if label in middle else "-" for label in (OLD, NEW)]
            lines.append(f"{name:<44}{shown[0]:>12}{shown[1]:>12}{ratio:>12}")
        return "\n".join(lines)


def measure_classic(version: Version, page: Page, found: Measurements) -> None:
    """The tab of the commit: its panels, which all load at once, and a search."""
    seen, size = opened(version, page, "", tuple(CLASSIC))
    for name in CLASSIC:
        found.add(f"{name}: first row, ms", version.label, seen[name])
        found.add(f"{name}: JSON until then, bytes", version.label, size)
    learner = "loaded-000777"
    found.add(
        "Attempts: search, ms",
        version.label,
        after(
            page,
            "document.querySelector('#search_attempt_id').value = argument;"
            "document.querySelector('#attempt-search-indicator').click();",
            f"[...document.querySelectorAll('{CLASSIC['Attempts']}')]"
            ".some((row, index, rows) => rows.every(one => one.textContent.includes(argument)))",
            learner,
        ),
    )


def measure_desk(version: Version, page: Page, found: Measurements) -> None:
    """The desk: each panel on its own, then a filter, a search and the refresh of the board."""
    for name, query in DESK.items():
        seen, size = opened(version, page, query, CONTENT)
        found.add(f"{name}: first row, ms", version.label, seen["content"])
        found.add(f"{name}: JSON until then, bytes", version.label, size)
    opened(version, page, DESK["Attempts"], CONTENT)
    body = "document.querySelector('.proctoring-desk .js-body')"
    learner = "loaded-000777"
    found.add(
        "Attempts: search, ms",
        version.label,
        after(
            page,
            "const box = document.querySelector('.proctoring-desk .js-search'); box.value = argument;"
            "box.dispatchEvent(new Event('input', {bubbles: true}));",
            f"[...{body}.querySelectorAll('tbody tr')].every(row => row.textContent.includes(argument))"
            f" && {body}.querySelector('tbody tr')",
            learner,
        ),
    )
    opened(version, page, DESK["Attempts"], CONTENT)
    found.add(
        "Attempts: filter by status, ms",
        version.label,
        after(
            page,
            "document.querySelector('.proctoring-desk .js-chip[data-value=rejected]').click();",
            f"{body}.querySelector('tbody tr') && [...{body}.querySelectorAll('tbody tr')]"
            ".every(row => row.textContent.includes('Rejected'))",
        ),
    )
    opened(version, page, DESK["Live"], CONTENT)
    refreshed = "document.querySelector('.proctoring-desk .js-as-of').textContent !== window.benchAsOf"
    page.wait_for_timeout(1100)  # the time that is shown changes once a second
    found.add(
        "Live: refresh, ms",
        version.label,
        after(
            page,
            "window.benchAsOf = document.querySelector('.proctoring-desk .js-as-of').textContent;"
            "document.querySelector('.proctoring-desk .js-refresh').click();",
            refreshed,
        ),
    )


def measure_board(version: Version, found: Measurements) -> None:
    """The board's request on its own: in full, and when nothing has changed."""
    session = version.demo.session("stan")
    url = f"{version.demo.host}{API}v2/exams/{version.exam}/board?show=in_exam"
    for name, tag in (("full", None), ("unchanged (304)", session.get(url, timeout=PAGE_SECONDS).headers["ETag"])):
        began = time.perf_counter()
        reply = session.get(url, headers={"If-None-Match": tag} if tag else {}, timeout=PAGE_SECONDS)
        spent = 1000 * (time.perf_counter() - began)
        if reply.status_code != (304 if tag else 200):
            raise RuntimeError(f"the board answered {reply.status_code}")
        found.add(f"Board, {name}: request, ms", version.label, spent)
        found.add(f"Board, {name}: bytes", version.label, len(reply.content))


def extracted(commit: str, folder: Path) -> Path:
    """Write the whole tree of a commit into a folder. Return the folder."""
    if not folder.exists():
        archive = subprocess.run(["git", "archive", commit], cwd=REPOSITORY, capture_output=True, check=True)
        folder.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
    return folder


def main(arguments: list[str] | None = None) -> int:
    """Load, measure and print. Returns the exit code."""
    options = parse(arguments)
    found = Measurements()
    before = report.about_the_machine()
    with ExitStack() as cleaning:
        folder = options.folder or Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="bench-desk-")))
        folders = {NEW: REPOSITORY}
        if options.ref:
            try:
                folders[OLD] = extracted(trees.commit_of(options.ref), folder / "commit")
            except trees.UnknownCommit as error:
                print(error, file=sys.stderr)
                return 2
        measures: list[Callable[[], None]] = []
        browser = cleaning.enter_context(sync_playwright()).chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_FLAGS
        )
        cleaning.callback(browser.close)
        for label, repository in folders.items():
            version = Version(label, repository, folder / label, options)
            cleaning.callback(version.close)
            measure = measure_desk if label == NEW else measure_classic
            page = version.open_page(browser, {"content": DESK_CONTENT} if label == NEW else CLASSIC)
            measure(version, page, Measurements())  # warms caches, and is not counted
            measures.append(lambda v=version, p=page, m=measure: m(v, p, found))  # type: ignore[misc]
            if label == NEW:
                measures.append(lambda v=version: measure_board(v, found))  # type: ignore[misc]
            print(f"{label} is loaded", file=sys.stderr, flush=True)
        for _number in range(options.rounds):
            for run in measures:
                run()
            print(".", end="", file=sys.stderr, flush=True)
    print(found.table())
    load = report.about_the_machine()["load"]
    print(
        f"Medians of {options.rounds}; {options.learners} learners, {options.running} of them in the exam; SQLite, "
        f"working tree on {before['commit'][:12]}; load {before['load'][0]} before, {load[0]} after."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
