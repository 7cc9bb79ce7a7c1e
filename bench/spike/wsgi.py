"""The WSGI application of a spike. It refuses to serve another version than that of its folder."""

from pathlib import Path

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

import edx_proctoring  # noqa: E402 - Django must be set up

if Path(edx_proctoring.__file__).parent != Path.cwd() / "edx_proctoring":
    raise RuntimeError(f"this is another edx_proctoring: {edx_proctoring.__file__}")
