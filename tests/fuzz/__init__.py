"""Generated requests with unusual values. Contract: contract/rest-rules#permission-table."""
