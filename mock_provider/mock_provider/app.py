"""Puts the parts together: one ``MockProvider`` is one running provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from .callbacks import Callbacks
from .components import Components
from .control import Control
from .desktop import Desktop
from .endpoints import BLUEPRINTS as ENDPOINTS
from .endpoints.control import PREFIX as CONTROL_PREFIX
from .faults import Faults
from .lms import Lms
from .pages import BLUEPRINTS as PAGES
from .request_data import MAX_BODY_BYTES, limit_body
from .responses import http_error
from .rpnow.signature import DEVELOPMENT_ACCOUNTS, Account
from .scenario import Scenario
from .scheduler import Scheduler, TimerScheduler
from .server import Server
from .store import Store
from .tokens import Tokens


class MockProvider:
    """A provider: its store, its rules and, once started, its server.

    ``client_id`` and ``client_secret`` are the provider's own at ``lms_host``; ``clients`` are LMSs with secrets of
    their own; ``rpnow_accounts`` are those of RPNow mode by key id, instead of the development account; ``initial``
    makes the scenario that a start or a reset begins with; ``rpnow_callback_secret`` signs the reviews of RPNow mode;
    ``scheduler`` runs what is delayed; ``certificate`` makes the server speak TLS (``server.Server``). As a context
    manager it serves in a thread, which is what tests want::

        with MockProvider("mock", "secret", "http://127.0.0.1:8000") as provider:
            requests.get(provider.url)
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        lms_host: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        db: str = ":memory:",
        clients: Mapping[str, str] | None = None,
        rpnow_accounts: Mapping[str, Account] | None = None,
        initial: Callable[[], Scenario] = Scenario,
        control_token: str = "",
        rpnow_callback_secret: str = "",
        scheduler: Scheduler | None = None,
        quirks: bool = False,
        certificate: str = "",
    ) -> None:
        self.store = Store(db)
        self.control = Control(initial, control_token)
        self.tokens = Tokens(self.store.signing_key(), clients)
        self._scheduler = scheduler or TimerScheduler()
        lms = Lms(lms_host, client_id, client_secret)
        self.callbacks = Callbacks(self.store, lms, self.control, self._scheduler, rpnow_callback_secret)
        self.app = create_app(
            Components(
                store=self.store,
                control=self.control,
                tokens=self.tokens,
                callbacks=self.callbacks,
                desktop=Desktop(self.store),
                rpnow_accounts=dict(rpnow_accounts or DEVELOPMENT_ACCOUNTS),
                lms_host=lms.host,
                quirks=quirks,
            )
        )
        self._server = Server(self.app, host, port, certificate)

    @property
    def url(self) -> str:
        """Where the provider answers, without a trailing slash."""
        return self._server.url

    def serve(self) -> None:
        """Serve in this thread until Ctrl-C."""
        self._server.serve()

    def start(self) -> None:
        """Serve in a thread of our own."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving and drop the callbacks that are not sent yet."""
        self._scheduler.stop()
        self._server.stop()
        self.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class JsonInWrittenOrder(DefaultJSONProvider):
    """JSON whose members keep the order of the code, which is the one people want to read."""

    sort_keys = False


def create_app(components: Components) -> Flask:
    """The web application of one provider."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES + 1,  # see limit_body
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.json = JsonInWrittenOrder(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.merge_slashes = False
    components.attach(app)
    for blueprint in (*ENDPOINTS, *PAGES):
        app.register_blueprint(blueprint)
    faults = Faults(components.control)

    @app.before_request
    def before() -> Response | None:
        limit_body()
        # The control endpoints leave no trace in the journal, and no fault can lock them.
        if not request.path.startswith(CONTROL_PREFIX):
            components.control.journal.note()
            fault = faults.before()
            if fault is not None:
                return fault
        if isinstance(request.routing_exception, RequestRedirect):
            # Flask would redirect to the address with a slash; a client must see that its own address is wrong.
            raise NotFound
        return None

    @app.after_request
    def after(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response if request.path.startswith(CONTROL_PREFIX) else faults.after(response)

    app.register_error_handler(HTTPException, http_error)
    return app
