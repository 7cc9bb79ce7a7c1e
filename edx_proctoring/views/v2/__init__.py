"""Version 2 of the REST API, for the screens of the course team. Contract: contract/rest-v2."""
