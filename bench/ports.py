"""Ports of the servers of a run, all on this machine."""

import socket
import subprocess
import time


def free_port() -> int:
    """Return a port that is free just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def is_served(port: int, process: "subprocess.Popen[bytes]", *, seconds: float) -> bool:
    """Wait until the server listens. Return False if the server process ends or ``seconds`` have passed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
