"""Small functions that outside code imports: time, URLs, events, ids, encryption.

Contract: contract/published-names#utils. Re-exports only.
"""

from edx_proctoring.utils.crypto import (
    AES_BLOCK_SIZE_BYTES,
    aes_decrypt,
    aes_encrypt,
    decode_and_decrypt,
    encrypt_and_encode,
    generate_aes_iv,
    obscured_user_id,
    obscured_user_ids,
    pad,
    unpad,
)
from edx_proctoring.utils.due_dates import (
    get_course_end_date,
    get_exam_due_date,
    has_due_date_passed,
    has_end_date_passed,
    verify_and_add_wait_deadline,
)
from edx_proctoring.utils.durations import get_time_remaining_for_attempt, humanized_time
from edx_proctoring.utils.events import _emit_event, emit_event
from edx_proctoring.utils.exams import (
    ExamType,
    get_exam_type,
    is_reattempting_exam,
    locate_attempt_by_attempt_code,
)
from edx_proctoring.utils.outlines import (
    categorize_inaccessible_exams_by_date,
    get_user_course_outline_details,
    get_visibility_check_date,
)
from edx_proctoring.utils.urls import (
    get_course_home_url,
    get_exam_url,
    get_url_scheme,
    resolve_exam_url_for_learning_mfe,
)
from edx_proctoring.utils.views import AuthenticatedAPIView

__all__ = [
    "AES_BLOCK_SIZE_BYTES",
    "AuthenticatedAPIView",
    "ExamType",
    "_emit_event",
    "aes_decrypt",
    "aes_encrypt",
    "categorize_inaccessible_exams_by_date",
    "decode_and_decrypt",
    "emit_event",
    "encrypt_and_encode",
    "generate_aes_iv",
    "get_course_end_date",
    "get_course_home_url",
    "get_exam_due_date",
    "get_exam_type",
    "get_exam_url",
    "get_time_remaining_for_attempt",
    "get_url_scheme",
    "get_user_course_outline_details",
    "get_visibility_check_date",
    "has_due_date_passed",
    "has_end_date_passed",
    "humanized_time",
    "is_reattempting_exam",
    "locate_attempt_by_attempt_code",
    "obscured_user_id",
    "obscured_user_ids",
    "pad",
    "resolve_exam_url_for_learning_mfe",
    "unpad",
    "verify_and_add_wait_deadline",
]
