"""Safe Exam Browser required for single exams. Contract: contract/seb-exams#requirement.

One module for each question:

======================= ============================================================================================
``requirements``        which exams of a course demand the browser, and which keys they accept
``setup_validation``    what can be saved about an exam, and why it may be refused
``setup``               saving a requirement: its earlier keys, and the sessions that it ends
``file_making``         the file and its Config Key
``uploads``             files that staff upload: read, judged, shown without being stored
``templates``           settings that exams of many courses share
``regeneration``        making stored files again, after an address, a setting or a secret key has changed
``encryption``          the password with which learners open the file
``proofs``              whether what a client sends proves the browser
``sessions``            how long a proof is good for requests without one
``challenges``          addresses that nobody can guess, which a client has to hash
``course_requirements`` what a course demands that its configuration protects
``learner_release``     learners who left the browser during an exam
``access``              whether a request to an exam passes
``file_responses``      the ``.seb`` file as a response
``launch``              links into the browser and out of it
``start_tokens``        launch links that log their learner in
``start_gate``          refuses to start an attempt without the browser
``service``             what ``edx_proctoring`` asks
``receivers``           events that end sessions
``views``               the file, and the pages with which an exam begins and ends
``browser_check_views`` the page of a check, and ``POST verify``
``front_ends``          pages of front ends on other hosts
``forms``               the form of staff; its fields ``setting_fields``, ``browser_key_fields``; ``template_forms``
``admin``               the pages of staff in Django admin; for templates ``template_admin``
``learner_pages``       what learners see on the way into an exam
``learner_texts``       what they read there
``addresses``           addresses of these pages
======================= ============================================================================================

The tables are in ``seb_openedx.exam_models``. No row: nothing of this is in force.
"""
