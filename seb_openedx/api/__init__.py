"""REST API. Its URLs and module names are published; the services are in the modules beside this package."""
