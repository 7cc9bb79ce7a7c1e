"""httmock handlers that imitate the RPNow server (contract/test-support#payloads)."""

import json

from httmock import all_requests


@all_requests
def mock_response_content(url, request):
    """Accept every registration."""
    return {"status_code": 200, "content": json.dumps({"ssiRecordLocator": "foobar"})}


@all_requests
def mock_response_error(url, request):
    """Answer 404 to every request."""
    return {"status_code": 404, "content": "Page not found"}
