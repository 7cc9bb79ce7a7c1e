"""``python -m demo.exit_with_parent <module> [arguments]``: run a module, and exit when the parent process is gone.

A supervisor that is killed cannot stop its children. It therefore holds the other end of each child's standard input,
a pipe that the operating system closes when the supervisor ends, however it ends.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5


def exit_with_parent() -> None:
    """Send this process SIGTERM once its standard input is closed, and end it if that is not enough."""
    pipe = os.dup(0)  # our own descriptor: the module may read or close standard input

    def wait() -> None:
        while os.read(pipe, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=wait, name="exit-with-parent", daemon=True).start()


def main() -> None:
    """Run the module named first as if it were started with ``-m``."""
    exit_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
