"""RPNow's wire format, computed as the vendor computes it. Spec: backends.md 7.3-7.6, 13.3.

Written from the specification and not from the LMS's code, so that each of the two shows a mistake of the other.
"""
