"""Version 2: for course staff too, with exact paths, problem details and paged lists.

=================== ===================================================
``base``            what all resources share: who may ask, what is read
``problem_details`` refusals
``negotiation``     JSON, or a file
``choices``         fields of which only some words are values
``etags``           answers that have not changed
``idempotency``     ``Idempotency-Key``
``paging``          lists
``filters``         what lists are filtered by
``configuration``   the configuration of a course
``exams``           the exams of a course, and what each demands
``exam_bodies``     what is sent about an exam
``exam_lookup``     the exam that an address names
``exam_versions``   ``ETag`` and ``If-Match``
``exam_files``      an exam's file and links
``exam_uploads``    an uploaded file
``config_key``      the Config Key of a file or of settings
``templates``       templates
``seb_files``       how files are sent, refused and described
``key_validation``  whether hashes are right
``access_log``      the audit log
``sessions``        sessions, and the release of learners
``bans``            bans
=================== ===================================================
"""
