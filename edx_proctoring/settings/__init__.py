"""Settings that this app adds to its host's through the plugin mechanism.

Contract: contract/host-integration#settings-functions.
"""
