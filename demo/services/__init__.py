"""The seven services that the platform offers to ``edx_proctoring`` (Spec: host-platform.md 7).

Each is backed by tables and behaves as the platform's, including its awkward parts: a fake that is kinder than the
platform would hide defects.
"""
