"""A web process of the product: ``python -m bench.faults.web FD``, serving on a listening socket of its parent.

The parent holds the socket, as a pre-forking server does, so that a killed process refuses no connection that was
waiting; only the requests it was working on are lost.
"""

import os
import socket
import sys

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application


class QuietHandler(WSGIRequestHandler):
    """Requests are not logged: the learners of the run see each answer."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadedWSGIServer):
    """Django's threaded server on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        address = listener.getsockname()
        super().__init__(address, QuietHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = address
        self.setup_environ()


def main() -> None:
    """Serve until killed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.faults.settings")
    server = Server(socket.socket(fileno=int(sys.argv[1])))
    server.set_app(get_wsgi_application())
    server.serve_forever()


if __name__ == "__main__":
    main()
