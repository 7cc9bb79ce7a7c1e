"""The demo has Django settings of its own, so its Django tests run in a process of their own.

``tests/demo/host`` is collected only under those settings; ``test_host_suite.py`` starts that run.
"""

import os

collect_ignore = [] if os.environ.get("DJANGO_SETTINGS_MODULE") == "demo.settings.combined" else ["host"]
