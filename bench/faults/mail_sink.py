"""A mail server that takes mails and counts them, and refuses a share of them for a while, as real ones do."""

import email
import email.policy
import random
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.faults.background_server import running
from bench.faults.host_header import PROCESS_HEADER

# Recipient and subject: the subject names the exam, so this is one attempt's mail about one status.
Mail = tuple[str, str]


class MailSink:
    """The server. ``share``: of mails that are refused for the moment; ``on_mail``: gets the sender's process."""

    def __init__(
        self, *, seed: int, share: float = 0.0, on_mail: Callable[[int], None] = lambda _process: None
    ) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._tries: Counter[str] = Counter()
        self.share = share
        self.on_mail = on_mail
        self.accepted: Counter[Mail] = Counter()
        self.refused = 0
        self.last_mail_at = 0.0
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.port: int = self._server.server_address[1]

    @contextmanager
    def serving(self) -> Iterator["MailSink"]:
        """Serve while the block runs."""
        with running(self._server):
            yield self

    def is_refused(self, recipient: str) -> bool:
        """Draw whether a mail is refused; the same in each run with this seed."""
        with self._lock:
            self.last_mail_at = time.monotonic()
            self._tries[recipient] += 1
            draw = random.Random(f"{self._seed} {recipient} {self._tries[recipient]}")
            is_refused = draw.random() < self.share
            self.refused += is_refused
            return is_refused

    def take(self, recipient: str, content: bytes) -> int:
        """Count a mail; return the process that sent it."""
        message: Any = email.message_from_bytes(content, policy=email.policy.default)
        with self._lock:
            self.accepted[recipient, str(message["Subject"])] += 1
        return int(message[PROCESS_HEADER])


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed in the middle of a mail is part of the run."""


def _handler_of(sink: MailSink) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        """As much of SMTP as Python's client speaks."""

        def handle(self) -> None:
            recipient = ""
            self._say("220 fault-run")
            while line := self.rfile.readline():
                word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
                match word.upper():
                    case "RCPT":
                        recipient = rest.partition("<")[2].partition(">")[0]
                        self._say("451 try again later" if sink.is_refused(recipient) else "250 ok")
                    case "DATA":
                        self._say("354 go on")
                        process = sink.take(recipient, self._content())
                        self._say("250 taken")
                        sink.on_mail(process)
                    case "QUIT":
                        self._say("221 bye")
                        return
                    case _:
                        self._say("250 ok")

        def _content(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                if not line:
                    raise ConnectionResetError("the client went away")
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return b"".join(lines)

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    return Handler
