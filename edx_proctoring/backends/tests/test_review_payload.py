"""A review as RPNow sends it (contract/test-support#payloads, contract/rpnow#review-conversion)."""

import json

MOCK_EXAM_ID = "4d07a01a-1502-422e-b943-93ac04dc6ced"


def _comment(comments, start, finish, duration, status):
    return {
        "comments": comments,
        "duration": duration,
        "eventFinish": finish,
        "eventStart": start,
        "eventStatus": status,
    }


def create_test_review_payload(exam_id=MOCK_EXAM_ID, attempt_code=None, external_id=None, review_status="Clean"):
    """Return the JSON text of a review with three comments about the desktop and three about the room."""
    return json.dumps(
        {
            "overAllComments": ";Candidates should always wear suit and tie for exams.",
            "reviewStatus": review_status,
            "userPhotoBase64String": "",
            "videoReviewLink": "http://www.remoteproctor.com/AdminSite/Account/Reviewer/DirectLink-Generic.aspx?ID=foo",
            "examMetaData": {
                "examCode": attempt_code,
                "examName": "edX Exams",
                "examPassword": "hQxvA8iUKKlsqKt0fQVBaXqmAziGug4NfxUChg94eGacYDcFwaIyBA==",
                "examSponsor": "edx LMS",
                "examUrl": "http://localhost:8000/api/edx_proctoring/proctoring_launch_callback/start_exam/" + exam_id,
                "orgExtra": {
                    "courseID": "edX/DemoX/Demo_Course",
                    "examEndDate": "Thu, 10 Sep 2026 00:00:00 GMT",
                    "examID": exam_id,
                    "examStartDate": "Thu, 03 Sep 2026 00:00:00 GMT",
                    "noOfStudents": 1,
                },
                "organization": "edx",
                "reviewedExam": True,
                "reviewerNotes": "Closed Book",
                "simulatedExam": False,
                "ssiExamToken": "4E44F7AA-275D-4741-B531-73AE2407ECFB",
                "ssiProduct": "rpnow",
                "ssiRecordLocator": external_id,
            },
            "desktopComments": [
                _comment("Browsing other websites", 88, 88, 88, "Suspicious"),
                _comment("Browsing local computer", 15, 15, 15, "Rules Violation"),
                _comment("Student never entered the exam.", 87, 87, 87, "Clean"),
            ],
            "webCamComments": [
                _comment("Photo ID not provided", 796, 796, 796, "Suspicious"),
                _comment("Exam environment not confirmed", 10, 10, 10, "Rules Violation"),
                _comment("Looking away from computer", 107, 107, 107, "Clean"),
            ],
        }
    )
