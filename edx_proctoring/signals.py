"""Signals that this app sends.

``exam_attempt_status_signal`` is sent when an attempt is created and at each update of its status, with sender
``'edx_proctoring'`` and exactly these keywords (contract/signals#status):
``attempt_id``, ``user_id``, ``status``, ``full_name``, ``profile_name``, ``is_practice_exam``,
``is_proctored``, ``backend_supports_onboarding``. Other packages connect to it by this path.
"""

from django.dispatch import Signal

exam_attempt_status_signal = Signal()
