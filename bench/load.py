"""Load over HTTP: many clients at once against a running host, from a process of its own.

    python -m bench.load --url http://127.0.0.1:18000 --sign-in /login/{user} --users ana,ben \
        --path /api/edx_proctoring/v1/proctored_exam/attempt --requests 2000 --clients 8

Each client signs in as one of the users, keeps its connection and asks for the paths in turn, until
``--requests`` are answered or ``--seconds`` are over. Only a host on this very machine is asked.
"""

import argparse
import http.client
import ipaddress
import json
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import SplitResult, urlsplit

from bench import report

MOST_REQUESTS = 100_000
MOST_SECONDS = 600
MOST_CLIENTS = 64
TIMEOUT_SECONDS = 30


@dataclass
class Tally:
    """What all clients saw. Times in milliseconds."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: str, milliseconds: float, size: int) -> None:
        """Note one answer."""
        with self.lock:
            self.times.append(milliseconds)
            self.statuses[status] += 1
            self.bytes += size


class Client:
    """One connection, and the cookies that came over it."""

    def __init__(self, host: SplitResult) -> None:
        self._connection = http.client.HTTPConnection(host.hostname or "", host.port or 80, timeout=TIMEOUT_SECONDS)
        self._cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str) -> tuple[int, int]:
        """Ask; return the status and the size of the answer. Raises OSError or HTTPException."""
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())
        self._connection.request("GET", path, headers={"Cookie": cookies, "Accept": "application/json"})
        response = self._connection.getresponse()
        body = response.read()
        for header in response.headers.get_all("Set-Cookie") or []:
            self._cookies.load(header)
        return response.status, len(body)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Budget:
    """How much may still be asked, for all clients together."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._left = requests
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Return whether one more request is allowed."""
        with self._lock:
            if self._left <= 0 or time.monotonic() >= self._end:
                return False
            self._left -= 1
            return True


def loopback(text: str) -> SplitResult:
    """Parse an address of this machine. Raises ArgumentTypeError for any other: load is for nobody else."""
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname:
        raise argparse.ArgumentTypeError("an address like http://127.0.0.1:18000")
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(parts.hostname, parts.port or 80)}
    except OSError as exc:
        raise argparse.ArgumentTypeError(f"{parts.hostname} is not known here") from exc
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise argparse.ArgumentTypeError(f"{parts.hostname} is not this machine")
    return parts


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--url", type=loopback, required=True, help="the host, such as http://127.0.0.1:18000")
    parser.add_argument("--path", action="append", required=True, help="asked in turn; may be given several times")
    parser.add_argument("--sign-in", default="/login/{user}", help="a GET that signs in (default: %(default)s)")
    parser.add_argument("--users", default="", help="comma-separated; the clients take them in turn; empty for nobody")
    parser.add_argument(
        "--clients", type=int, default=4, help=f"at once, at most {MOST_CLIENTS} (default: %(default)s)"
    )
    parser.add_argument("--requests", type=int, default=1000, help=f"at most {MOST_REQUESTS} (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help=f"at most {MOST_SECONDS} (default: %(default)s)")
    options = parser.parse_args(arguments)
    options.clients = min(max(options.clients, 1), MOST_CLIENTS)
    options.requests = min(options.requests, MOST_REQUESTS)
    options.seconds = min(options.seconds, MOST_SECONDS)
    return options


def run(options: argparse.Namespace) -> tuple[Tally, float]:
    """Send the requests; return what came back, and how many seconds it took."""
    tally = Tally()
    users = [user for user in options.users.split(",") if user]
    clients = [Client(options.url) for _ in range(options.clients)]
    for number, client in enumerate(clients):
        if users:
            status, _size = client.get(options.sign_in.format(user=users[number % len(users)]))
            if status >= 400:
                raise SystemExit(f"signing in as {users[number % len(users)]} was answered with {status}")
    # The time of signing in is nobody's load.
    budget = Budget(options.requests, options.seconds)
    threads = [
        threading.Thread(target=_work, args=(client, options.path, budget, tally), daemon=True) for client in clients
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally, time.monotonic() - began


def _work(client: Client, paths: list[str], budget: Budget, tally: Tally) -> None:
    turn = 0
    while budget.take():
        began = time.perf_counter()
        try:
            status, size = client.get(paths[turn % len(paths)])
            outcome = str(status)
        except (OSError, http.client.HTTPException) as exc:
            outcome, size = type(exc).__name__, 0
            client.close()
        tally.add(outcome, (time.perf_counter() - began) * 1000, size)
        turn += 1
    client.close()


def main(arguments: list[str] | None = None) -> int:
    """Run, and print the result as JSON. Returns the exit code: 1 if anything but 2xx and 3xx came back."""
    options = parse(arguments)
    tally, seconds = run(options)
    times = sorted(tally.times)
    result = {
        "about": report.about_the_machine(),
        "url": options.url.geturl(),
        "paths": options.path,
        "clients": options.clients,
        "answers": len(times),
        "seconds": round(seconds, 2),
        "per_second": round(len(times) / seconds, 1) if seconds else None,
        "statuses": dict(tally.statuses),
        "bytes": tally.bytes,
        "median_ms": round(statistics.median(times), 2) if times else None,
        "p95_ms": round(times[int(len(times) * 0.95)], 2) if times else None,
        "worst_ms": round(times[-1], 2) if times else None,
    }
    print(json.dumps(result, indent=2))
    return 0 if times and all(status[0] in "23" and status.isdigit() for status in tally.statuses) else 1


if __name__ == "__main__":
    sys.exit(main())
