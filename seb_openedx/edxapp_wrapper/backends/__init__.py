"""Modules that the settings of ``edxapp_wrapper`` name: ``_n_v1`` for current platforms, ``_h_v1`` for old ones.

An ``_h_v1`` module falls back to the current import path, because operators have copied its name from the documentation
of old releases.
"""
