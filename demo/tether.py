"""``python -m demo.tether <supervisor> <module> [arguments]``: run a module, and end when the supervisor is gone.

A supervisor that is killed with SIGKILL cannot stop its children. So each child watches a pipe, its standard input,
whose other end only the supervisor holds: the system closes it with the supervisor, however that ended. On Linux the
kernel is asked for a signal as well, for a child that is too busy to watch.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5
PR_SET_PDEATHSIG = 1


def watch_supervisor() -> None:
    """End this process, and what it started, once standard input is closed."""
    # A descriptor of our own: whoever reads standard input in this process shall not take the end away from us.
    pipe = os.dup(0)

    def wait() -> None:
        while os.read(pipe, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        # The supervisor makes each child the leader of a group, which holds whatever it started.
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="demo-tether", daemon=True).start()


def ask_kernel(supervisor: int) -> None:
    """On Linux: have the kernel send SIGTERM when the parent dies. Elsewhere without effect."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != supervisor:  # it died before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run the module named first as if it were started with ``-m``."""
    supervisor, module = int(sys.argv[1]), sys.argv[2]
    ask_kernel(supervisor)
    watch_supervisor()
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
