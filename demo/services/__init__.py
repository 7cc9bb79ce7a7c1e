"""The seven services that the platform offers to ``edx_proctoring``.

Each stores its data in tables and behaves as the platform's does, oddities included: a fake that is more forgiving
would hide defects.
"""
