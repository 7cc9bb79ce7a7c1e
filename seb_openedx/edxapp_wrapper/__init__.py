"""The way to the host: one module per noun, whose functions call the module that a setting names.

Contract: contract/safe-exam-browser#host-wrappers. The setting is read, and its module imported, at each call.
"""
