"""Network faults of the scenario: answers that are late, wrong, broken or missing.

Contract: contract/mock-provider#scenario.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time

from flask import Response, request

from .control import Control
from .request_data import path_as_sent
from .scenario import Fault


class FaultResponse(Response):
    """An answer given in place of the application's."""


class Faults:
    """Plays the faults of the scenario in force."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._lock = threading.Lock()

    def before(self) -> FaultResponse | None:
        """What a request gets instead of an answer, or None to let the application answer."""
        scenario = self._control.scenario
        if scenario.latency_ms:
            time.sleep(scenario.latency_ms / 1000)
        if self._take(scenario.drop_connection):
            _drop_connection()
            return FaultResponse()
        fault = self._take(scenario.fail)
        if fault is None:
            return None
        if isinstance(fault.body, str):
            return FaultResponse(fault.body, fault.status, content_type="text/plain; charset=utf-8")
        body = "" if fault.body is None else json.dumps(fault.body)
        return FaultResponse(body, fault.status, content_type="application/json")

    def after(self, response: Response) -> Response:
        """The application's answer, lost or cut off if the scenario wants that."""
        if not isinstance(response, FaultResponse) and self._take(self._control.scenario.drop_answer):
            _drop_connection()
        spoilable = response.is_json and not isinstance(response, FaultResponse)
        if spoilable and self._take(self._control.scenario.malformed_json):
            response.set_data(response.get_data().rstrip()[:-1] + b",,")
        return response

    def _take(self, faults: list[Fault]) -> Fault | None:
        """The first fault that matches this request, counted; None for none."""
        with self._lock:
            for fault in faults:
                if _matches(fault):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None


def _drop_connection() -> None:
    # Werkzeug's server cannot write the answer any more, and treats that like a client that went away.
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


def _matches(fault: Fault) -> bool:
    return (
        fault.times != 0 and fault.method in ("*", request.method) and re.search(fault.path, path_as_sent()) is not None
    )
