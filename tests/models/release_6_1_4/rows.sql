-- Rows as 6.1.4 may have written over years, made by hand; every table has some.
-- One script for all databases: TRUE/FALSE, times in UTC, X'..' for bytes.
-- Ids start high enough not to collide with generated ones.

-- The migrations that 6.1.4 has run
INSERT INTO django_migrations (app, name, applied) VALUES
    ('edx_proctoring', '0001_initial', '2016-02-01 09:00:00'),
    ('edx_proctoring', '0002_proctoredexamstudentattempt_is_status_acknowledged', '2016-02-01 09:00:01'),
    ('edx_proctoring', '0003_auto_20160101_0525', '2016-02-01 09:00:02'),
    ('edx_proctoring', '0004_auto_20160201_0523', '2016-02-01 09:00:03'),
    ('edx_proctoring', '0005_proctoredexam_hide_after_due', '2016-08-01 09:00:00'),
    ('edx_proctoring', '0006_allowed_time_limit_mins', '2017-08-01 09:00:00'),
    ('edx_proctoring', '0007_proctoredexam_backend', '2018-12-01 09:00:00'),
    ('edx_proctoring', '0008_auto_20181116_1551', '2018-12-01 09:00:01'),
    ('edx_proctoring', '0009_proctoredexamreviewpolicy_remove_rules', '2019-02-01 09:00:00'),
    ('edx_proctoring', '0010_update_backend', '2019-08-01 09:00:00'),
    ('edx_proctoring', '0011_allow_multiple_attempts', '2021-03-01 09:00:00'),
    ('edx_proctoring', '0012_proctoredexamstudentattempt_time_remaining_seconds', '2021-03-01 09:00:01'),
    ('edx_proctoring', '0013_proctoredexamsoftwaresecurereview_is_active_attempt', '2021-03-01 09:00:02'),
    ('edx_proctoring', '0014_add_is_resumable_to_proctoredexamstudentattempt', '2021-03-01 09:00:03'),
    ('edx_proctoring', '0015_rm_proctoredexamstudentattempt_ips', '2021-10-01 09:00:00'),
    ('edx_proctoring', '0016_nullable_proctoredexamstudentattempt_name', '2021-10-01 09:00:01'),
    ('edx_proctoring', '0017_rm_proctoredexamstudentattempt_name', '2021-10-02 09:00:00'),
    ('edx_proctoring', '0018_historicalproctoredexamstudentattempt', '2021-10-15 09:00:00'),
    ('edx_proctoring', '0019_proctoredexamsoftwaresecurereview_encrypted_video_url', '2021-11-01 09:00:00'),
    ('edx_proctoring', '0020_auto_20211028_1915', '2021-11-02 09:00:00'),
    ('edx_proctoring', '0021_auto_20211029_1353', '2021-11-03 09:00:00'),
    ('edx_proctoring', '0022_proctoredexamstudentattempt_add_readytoresume_resumed', '2022-02-01 09:00:00'),
    ('edx_proctoring', '0023_historicalproctoredexam', '2022-03-01 09:00:00'),
    ('edx_proctoring', '0024_delete_proctoredexamstudentattempthistory', '2022-06-01 09:00:00'),
    ('edx_proctoring', '0025_auto_20230727_2112', '2023-08-01 09:00:00');

-- Content types; permissions granted to staff refer to these
INSERT INTO django_content_type (id, app_label, model) VALUES
    (901, 'edx_proctoring', 'proctoredexam'),
    (902, 'edx_proctoring', 'historicalproctoredexam'),
    (903, 'edx_proctoring', 'proctoredexamreviewpolicy'),
    (904, 'edx_proctoring', 'proctoredexamreviewpolicyhistory'),
    (905, 'edx_proctoring', 'proctoredexamstudentattempt'),
    (906, 'edx_proctoring', 'historicalproctoredexamstudentattempt'),
    (907, 'edx_proctoring', 'proctoredexamstudentallowance'),
    (908, 'edx_proctoring', 'proctoredexamstudentallowancehistory'),
    (909, 'edx_proctoring', 'proctoredexamsoftwaresecurereview'),
    (910, 'edx_proctoring', 'proctoredexamsoftwaresecurereviewhistory'),
    (911, 'edx_proctoring', 'proctoredexamsoftwaresecurecomment');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES
    (901, 'Can change Proctored exam software secure review', 909, 'change_proctoredexamsoftwaresecurereview'),
    (902, 'Can view proctored exam attempt', 905, 'view_proctoredexamstudentattempt');

-- Two learners, course staff, a former reviewer
INSERT INTO auth_user
    (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
VALUES
    (901, '!', NULL, FALSE, 'ann', 'Ann', 'Ängström', 'ann@example.com', FALSE, TRUE, '2016-01-01 00:00:00'),
    (902, '!', NULL, FALSE, 'bo', 'Bo', '', 'bo@example.com', FALSE, TRUE, '2020-01-01 00:00:00'),
    (903, '!', '2024-05-01 08:00:00.123456', TRUE, 'stan', '', '', 'stan@example.com', TRUE, TRUE, '2015-01-01 00:00:00'),
    (904, '!', NULL, FALSE, 'rita', '', '', 'rita@example.com', TRUE, FALSE, '2015-01-01 00:00:00');
INSERT INTO auth_user_user_permissions (id, user_id, permission_id) VALUES (901, 904, 901);

-- Proctored, timed without provider, onboarding, with an old course key, inactive
INSERT INTO proctoring_proctoredexam
    (id, created, modified, course_id, content_id, external_id, exam_name, time_limit_mins, due_date,
     is_proctored, is_practice_exam, is_active, hide_after_due, backend)
VALUES
    (11, '2023-01-10 10:00:00.000001', '2024-03-01 12:30:45.999999', 'course-v1:edX+DemoX+2024',
     'block-v1:edX+DemoX+2024+type@sequential+block@final', 'b3f1d2aa-9c1e', 'Examen final: 星 and 🚀', 90,
     '2024-06-30 23:59:59', TRUE, FALSE, TRUE, TRUE, 'test'),
    (12, '2018-01-10 10:00:00', '2018-01-10 10:00:00', 'edX/DemoX/2018', 'i4x://edX/DemoX/sequential/quiz', NULL,
     'Quiz', 0, NULL, FALSE, FALSE, TRUE, FALSE, NULL),
    (13, '2023-01-10 10:00:00', '2023-01-10 10:00:00', 'course-v1:edX+DemoX+2024',
     'block-v1:edX+DemoX+2024+type@sequential+block@onboarding', 'onb-1', 'Onboarding', 10, NULL,
     TRUE, TRUE, TRUE, FALSE, 'test'),
    (14, '2019-01-10 10:00:00', '2023-01-10 10:00:00', 'course-v1:edX+DemoX+2024',
     'block-v1:edX+DemoX+2024+type@sequential+block@old', 'old-1', 'Taken back', 45, NULL,
     TRUE, FALSE, FALSE, FALSE, 'software_secure');
INSERT INTO proctoring_proctoredexamhistory
    (history_id, id, created, modified, course_id, content_id, external_id, exam_name, time_limit_mins, due_date,
     is_proctored, is_practice_exam, is_active, hide_after_due, backend,
     history_date, history_change_reason, history_type, history_user_id)
VALUES
    (21, 11, '2023-01-10 10:00:00.000001', '2023-01-10 10:00:00.000001', 'course-v1:edX+DemoX+2024',
     'block-v1:edX+DemoX+2024+type@sequential+block@final', NULL, 'Examen final', 60, NULL,
     TRUE, FALSE, TRUE, FALSE, 'test', '2023-01-10 10:00:00.5', NULL, '+', NULL),
    (22, 11, '2023-01-10 10:00:00.000001', '2024-03-01 12:30:45.999999', 'course-v1:edX+DemoX+2024',
     'block-v1:edX+DemoX+2024+type@sequential+block@final', 'b3f1d2aa-9c1e', 'Examen final: 星 and 🚀', 90,
     '2024-06-30 23:59:59', TRUE, FALSE, TRUE, TRUE, 'test', '2024-03-01 12:30:46', 'more time', '~', 903),
    -- of an exam that was deleted
    (23, 10, '2022-01-01 00:00:00', '2022-01-01 00:00:00', 'course-v1:edX+Gone+1',
     'block-v1:edX+Gone+1+type@sequential+block@x', NULL, '', -5, NULL,
     FALSE, FALSE, FALSE, FALSE, NULL, '2022-02-01 00:00:00', NULL, '-', 904);

-- Two policies of one exam: the table allows it
INSERT INTO proctoring_proctoredexamreviewpolicy
    (id, created, modified, review_policy, proctored_exam_id, set_by_user_id)
VALUES
    (31, '2023-01-11 00:00:00', '2023-01-11 00:00:00', 'Closed book', 11, 903),
    (32, '2023-02-11 00:00:00', '2023-03-11 00:00:00', 'Open book; one calculator', 11, 904),
    (33, '2023-02-11 00:00:00', '2023-03-11 00:00:00', '', 14, 903);
INSERT INTO proctoring_proctoredexamreviewpolicyhistory
    (id, created, modified, original_id, review_policy, proctored_exam_id, set_by_user_id)
VALUES
    (41, '2023-03-11 00:00:00', '2023-03-11 00:00:00', 32, 'Open book', 11, 903),
    (42, '2020-03-11 00:00:00', '2020-03-11 00:00:00', 30, 'Of a policy that is gone', 14, 904);

-- Verified; rejected and tried again; running; never started, without codes; of the release with two more statuses
INSERT INTO proctoring_proctoredexamstudentattempt
    (id, created, modified, started_at, completed_at, attempt_code, external_id, allowed_time_limit_mins, status,
     taking_as_proctored, is_sample_attempt, review_policy_id, proctored_exam_id, user_id, is_status_acknowledged,
     time_remaining_seconds, is_resumable, ready_to_resume, resumed)
VALUES
    (51, '2024-04-01 09:00:00', '2024-04-03 09:00:00', '2024-04-01 09:05:00', '2024-04-01 10:05:00', 'CODE-51', 'ext-51', 90,
     'verified', TRUE, FALSE, 31, 11, 901, TRUE, NULL, FALSE, FALSE, FALSE),
    (52, '2024-04-01 09:00:00', '2024-04-03 09:00:00', '2024-04-01 09:05:00', '2024-04-01 10:05:00', 'CODE-52', 'ext-52', 90,
     'rejected', TRUE, FALSE, 41, 11, 902, FALSE, NULL, FALSE, FALSE, FALSE),
    (53, '2024-04-05 09:00:00', '2024-04-05 09:01:00', '2024-04-05 09:01:00.654321', NULL, 'CODE-53', 'ext-53', 105,
     'started', TRUE, FALSE, 32, 11, 902, FALSE, NULL, FALSE, FALSE, FALSE),
    (54, '2018-04-01 09:00:00', '2018-04-01 09:00:00', NULL, NULL, NULL, NULL, NULL,
     'created', FALSE, FALSE, NULL, 12, 901, FALSE, NULL, FALSE, FALSE, FALSE),
    (55, '2024-04-01 09:00:00', '2024-04-01 09:00:00', '2024-04-01 09:00:00', '2024-04-01 09:09:00', 'CODE-55', 'ext-55', 10,
     'verified', TRUE, TRUE, NULL, 13, 901, FALSE, NULL, FALSE, FALSE, FALSE),
    (56, '2021-12-01 09:00:00', '2021-12-01 09:30:00', '2021-12-01 09:00:00', NULL, 'CODE-56', 'ext-56', 45,
     'ready_to_resume', TRUE, FALSE, NULL, 14, 901, FALSE, 1234, FALSE, FALSE, FALSE),
    (57, '2021-12-01 09:00:00', '2021-12-01 09:30:00', '2021-12-01 09:00:00', NULL, 'CODE-57', 'ext-57', 45,
     'resumed', TRUE, FALSE, NULL, 14, 902, FALSE, 99, FALSE, FALSE, FALSE),
    (58, '2024-05-01 09:00:00', '2024-05-01 09:30:00', '2024-05-01 09:00:00', NULL, 'CODE-58', 'ext-58', 45,
     'error', TRUE, FALSE, NULL, 11, 903, FALSE, 600, TRUE, FALSE, FALSE);
INSERT INTO proctoring_proctoredexamstudentattempt_history
    (history_id, id, created, modified, started_at, completed_at, attempt_code, external_id, allowed_time_limit_mins, status,
     taking_as_proctored, is_sample_attempt, review_policy_id, is_status_acknowledged, time_remaining_seconds, is_resumable,
     history_date, history_change_reason, history_type, history_user_id, proctored_exam_id, user_id, ready_to_resume, resumed)
VALUES
    (61, 51, '2024-04-01 09:00:00', '2024-04-01 09:00:00', NULL, NULL, 'CODE-51', NULL, NULL, 'created',
     TRUE, FALSE, 31, FALSE, NULL, FALSE, '2024-04-01 09:00:00', NULL, '+', 901, 11, 901, FALSE, FALSE),
    (62, 51, '2024-04-01 09:00:00', '2024-04-03 09:00:00', '2024-04-01 09:05:00', '2024-04-01 10:05:00', 'CODE-51', 'ext-51', 90,
     'verified', TRUE, FALSE, 31, TRUE, NULL, FALSE, '2024-04-03 09:00:00', 'reviewed', '~', NULL, 11, 901, FALSE, FALSE),
    -- removed attempts: the exam is still there, the exam is gone, the learner is gone
    (63, 50, '2023-04-01 09:00:00', '2023-04-02 09:00:00', '2023-04-01 09:05:00', '2023-04-01 10:05:00', 'CODE-50', 'ext-50', 60,
     'submitted', TRUE, FALSE, NULL, FALSE, NULL, FALSE, '2023-04-02 10:00:00', NULL, '-', 903, 11, 902, FALSE, FALSE),
    (64, 49, '2022-01-05 09:00:00', '2022-01-05 09:00:00', NULL, NULL, 'CODE-49', NULL, NULL,
     'declined', FALSE, FALSE, NULL, FALSE, NULL, FALSE, '2022-02-01 00:00:00', NULL, '-', NULL, 10, 901, FALSE, FALSE),
    (65, 48, '2022-01-05 09:00:00', '2022-01-05 09:00:00', NULL, NULL, NULL, NULL, NULL,
     'created', TRUE, FALSE, NULL, FALSE, 5, TRUE, '2022-02-01 00:00:00', NULL, '-', NULL, NULL, NULL, TRUE, TRUE);

-- Without column names, because one of them is reserved only in MySQL: id, created, modified, key, value, exam, user
INSERT INTO proctoring_proctoredexamstudentallowance VALUES
    (71, '2024-01-01 00:00:00', '2024-01-02 00:00:00', 'additional_time_granted', '15', 11, 901),
    (72, '2024-01-01 00:00:00', '2024-01-02 00:00:00', 'review_policy_exception', 'may use a screen reader', 11, 901),
    (73, '2024-01-01 00:00:00', '2024-01-02 00:00:00', 'time_multiplier', '1.5', 14, 902);
-- id, created, modified, allowance, key, value, exam, user
INSERT INTO proctoring_proctoredexamstudentallowancehistory VALUES
    (81, '2024-01-02 00:00:00', '2024-01-02 00:00:00', 71, 'additional_time_granted', '10', 11, 901),
    (82, '2022-01-02 00:00:00', '2022-01-02 00:00:00', 70, 'review_policy_exception', '', 11, 902);

-- By the provider, by a user, of a removed attempt, and from a release that stored neither exam nor learner
INSERT INTO proctoring_proctoredexamsoftwaresecurereview
    (id, created, modified, attempt_code, review_status, raw_data, exam_id, reviewed_by_id, student_id,
     is_attempt_active, encrypted_video_url)
VALUES
    (91, '2024-04-02 00:00:00', '2024-04-03 00:00:00', 'CODE-51', 'Clean', '{"status": "passed", "name": "Ann Ängström"}',
     11, NULL, 901, TRUE, X'6741414141425F00FF'),
    (92, '2024-04-02 00:00:00', '2024-04-03 00:00:00', 'CODE-52', 'Suspicious', 'a second face', 11, 904, 902, TRUE, X''),
    (93, '2023-04-02 00:00:00', '2023-04-03 00:00:00', 'CODE-50', 'Rules Violation', '{}', 11, NULL, 902, FALSE, NULL),
    (94, '2015-04-02 00:00:00', '2015-04-03 00:00:00', 'CODE-OF-2015', 'Not Reviewed', '', NULL, NULL, NULL, TRUE, NULL);
INSERT INTO proctoring_proctoredexamsoftwaresecurereviewhistory
    (id, created, modified, attempt_code, review_status, raw_data, exam_id, reviewed_by_id, student_id,
     is_attempt_active, encrypted_video_url)
VALUES
    (101, '2024-04-03 00:00:00', '2024-04-03 00:00:00', 'CODE-52', 'Suspicious', '{"status": "suspicious"}',
     11, NULL, 902, TRUE, X'6741'),
    (102, '2024-04-04 00:00:00', '2024-04-04 00:00:00', 'CODE-52', 'Clean', '', NULL, NULL, NULL, TRUE, NULL);
INSERT INTO proctoring_proctoredexamstudentattemptcomment
    (id, created, modified, start_time, stop_time, duration, comment, status, review_id)
VALUES
    (111, '2024-04-02 00:00:00', '2024-04-02 00:00:00', 12, 15, 3, 'Looks at a phone 📱', 'Suspicious', 92),
    (112, '2024-04-02 00:00:00', '2024-04-02 00:00:00', 0, 0, 0, '', '', 91);
