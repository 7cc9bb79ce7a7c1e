-- The tables of 6.1.4 after its migration 0025.
-- Not produced by a migration of this project, so that the upgrade test is independent of our migrations.

CREATE TABLE `proctoring_proctoredexam` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `course_id` varchar(255) NOT NULL,
    `content_id` varchar(255) NOT NULL,
    `external_id` varchar(255) NULL,
    `exam_name` longtext NOT NULL,
    `time_limit_mins` int NOT NULL,
    `due_date` datetime(6) NULL,
    `is_proctored` tinyint(1) NOT NULL,
    `is_practice_exam` tinyint(1) NOT NULL,
    `is_active` tinyint(1) NOT NULL,
    `hide_after_due` tinyint(1) NOT NULL,
    `backend` varchar(255) NULL
);
CREATE INDEX `proctoring_proctoredexam_content_id_13d3bec4` ON `proctoring_proctoredexam` (`content_id`);
CREATE INDEX `proctoring_proctoredexam_course_id_8787b34f` ON `proctoring_proctoredexam` (`course_id`);
ALTER TABLE `proctoring_proctoredexam` ADD CONSTRAINT `proctoring_proctoredexam_course_id_content_id_1d8358cc_uniq` UNIQUE (`course_id`, `content_id`);
CREATE INDEX `proctoring_proctoredexam_external_id_0181c110` ON `proctoring_proctoredexam` (`external_id`);

CREATE TABLE `proctoring_proctoredexamhistory` (
    `id` int NOT NULL,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `course_id` varchar(255) NOT NULL,
    `content_id` varchar(255) NOT NULL,
    `external_id` varchar(255) NULL,
    `exam_name` longtext NOT NULL,
    `time_limit_mins` int NOT NULL,
    `due_date` datetime(6) NULL,
    `is_proctored` tinyint(1) NOT NULL,
    `is_practice_exam` tinyint(1) NOT NULL,
    `is_active` tinyint(1) NOT NULL,
    `hide_after_due` tinyint(1) NOT NULL,
    `backend` varchar(255) NULL,
    `history_id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `history_date` datetime(6) NOT NULL,
    `history_change_reason` varchar(100) NULL,
    `history_type` varchar(1) NOT NULL,
    `history_user_id` int NULL
);
CREATE INDEX `proctoring_proctoredexamhistory_content_id_ac9543fc` ON `proctoring_proctoredexamhistory` (`content_id`);
CREATE INDEX `proctoring_proctoredexamhistory_course_id_66a57818` ON `proctoring_proctoredexamhistory` (`course_id`);
CREATE INDEX `proctoring_proctoredexamhistory_external_id_711a44cd` ON `proctoring_proctoredexamhistory` (`external_id`);
CREATE INDEX `proctoring_proctoredexamhistory_id_bcb725e3` ON `proctoring_proctoredexamhistory` (`id`);

CREATE TABLE `proctoring_proctoredexamreviewpolicy` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `review_policy` longtext NOT NULL,
    `proctored_exam_id` int NOT NULL,
    `set_by_user_id` int NOT NULL
);

CREATE TABLE `proctoring_proctoredexamreviewpolicyhistory` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `original_id` int NOT NULL,
    `review_policy` longtext NOT NULL,
    `proctored_exam_id` int NOT NULL,
    `set_by_user_id` int NOT NULL
);
CREATE INDEX `proctoring_proctoredexamreviewpolicyhistory_original_id_ca04913d` ON `proctoring_proctoredexamreviewpolicyhistory` (`original_id`);

CREATE TABLE `proctoring_proctoredexamstudentattempt` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `started_at` datetime(6) NULL,
    `completed_at` datetime(6) NULL,
    `attempt_code` varchar(255) NULL,
    `external_id` varchar(255) NULL,
    `allowed_time_limit_mins` int NULL,
    `status` varchar(64) NOT NULL,
    `taking_as_proctored` tinyint(1) NOT NULL,
    `is_sample_attempt` tinyint(1) NOT NULL,
    `review_policy_id` int NULL,
    `proctored_exam_id` int NOT NULL,
    `user_id` int NOT NULL,
    `is_status_acknowledged` tinyint(1) NOT NULL,
    `time_remaining_seconds` int NULL,
    `is_resumable` tinyint(1) NOT NULL,
    `ready_to_resume` tinyint(1) NOT NULL,
    `resumed` tinyint(1) NOT NULL
);
CREATE INDEX `proctoring_proctoredexamstudentattempt_attempt_code_b10ad854` ON `proctoring_proctoredexamstudentattempt` (`attempt_code`);
CREATE INDEX `proctoring_proctoredexamstudentattempt_external_id_9c302af3` ON `proctoring_proctoredexamstudentattempt` (`external_id`);
CREATE INDEX `proctoring_proctoredexamstudentattempt_user_id_2b58b7ed` ON `proctoring_proctoredexamstudentattempt` (`user_id`);

CREATE TABLE `proctoring_proctoredexamstudentattempt_history` (
    `id` int NOT NULL,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `started_at` datetime(6) NULL,
    `completed_at` datetime(6) NULL,
    `attempt_code` varchar(255) NULL,
    `external_id` varchar(255) NULL,
    `allowed_time_limit_mins` int NULL,
    `status` varchar(64) NOT NULL,
    `taking_as_proctored` tinyint(1) NOT NULL,
    `is_sample_attempt` tinyint(1) NOT NULL,
    `review_policy_id` int NULL,
    `is_status_acknowledged` tinyint(1) NOT NULL,
    `time_remaining_seconds` int NULL,
    `is_resumable` tinyint(1) NOT NULL,
    `history_id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `history_date` datetime(6) NOT NULL,
    `history_change_reason` varchar(100) NULL,
    `history_type` varchar(1) NOT NULL,
    `history_user_id` int NULL,
    `proctored_exam_id` int NULL,
    `user_id` int NULL,
    `ready_to_resume` tinyint(1) NOT NULL,
    `resumed` tinyint(1) NOT NULL
);
CREATE INDEX `proctoring_proctoredexamstu_attempt_code_2719f85f` ON `proctoring_proctoredexamstudentattempt_history` (`attempt_code`);
CREATE INDEX `proctoring_proctoredexamstu_external_id_210c6def` ON `proctoring_proctoredexamstudentattempt_history` (`external_id`);
CREATE INDEX `proctoring_proctoredexamstudentattempt_history_id_849280b0` ON `proctoring_proctoredexamstudentattempt_history` (`id`);
CREATE INDEX `proctoring_proctoredexamstu_proctored_exam_id_446aaba3` ON `proctoring_proctoredexamstudentattempt_history` (`proctored_exam_id`);
CREATE INDEX `proctoring_proctoredexamstudentattempt_history_user_id_ea9fa127` ON `proctoring_proctoredexamstudentattempt_history` (`user_id`);

CREATE TABLE `proctoring_proctoredexamstudentallowance` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `key` varchar(255) NOT NULL,
    `value` varchar(255) NOT NULL,
    `proctored_exam_id` int NOT NULL,
    `user_id` int NOT NULL
);
ALTER TABLE `proctoring_proctoredexamstudentallowance` ADD CONSTRAINT `proctoring_proctoredexam_user_id_proctored_exam_i_56de5b8f_uniq` UNIQUE (`user_id`, `proctored_exam_id`, `key`);

CREATE TABLE `proctoring_proctoredexamstudentallowancehistory` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `allowance_id` int NOT NULL,
    `key` varchar(255) NOT NULL,
    `value` varchar(255) NOT NULL,
    `proctored_exam_id` int NOT NULL,
    `user_id` int NOT NULL
);

CREATE TABLE `proctoring_proctoredexamsoftwaresecurereview` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `attempt_code` varchar(255) NOT NULL,
    `review_status` varchar(255) NOT NULL,
    `raw_data` longtext NOT NULL,
    `exam_id` int NULL,
    `reviewed_by_id` int NULL,
    `student_id` int NULL,
    `is_attempt_active` tinyint(1) NOT NULL,
    `encrypted_video_url` longblob NULL
);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereview` ADD CONSTRAINT `proctoring_proctoredexam_attempt_code_706d3717_uniq` UNIQUE (`attempt_code`);

CREATE TABLE `proctoring_proctoredexamsoftwaresecurereviewhistory` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `attempt_code` varchar(255) NOT NULL,
    `review_status` varchar(255) NOT NULL,
    `raw_data` longtext NOT NULL,
    `exam_id` int NULL,
    `reviewed_by_id` int NULL,
    `student_id` int NULL,
    `is_attempt_active` tinyint(1) NOT NULL,
    `encrypted_video_url` longblob NULL
);
CREATE INDEX `proctoring_proctoredexamsof_attempt_code_695faa63` ON `proctoring_proctoredexamsoftwaresecurereviewhistory` (`attempt_code`);

CREATE TABLE `proctoring_proctoredexamstudentattemptcomment` (
    `id` int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `created` datetime(6) NOT NULL,
    `modified` datetime(6) NOT NULL,
    `start_time` int NOT NULL,
    `stop_time` int NOT NULL,
    `duration` int NOT NULL,
    `comment` longtext NOT NULL,
    `status` varchar(255) NOT NULL,
    `review_id` int NOT NULL
);

-- Keys to other tables
ALTER TABLE `proctoring_proctoredexamhistory` ADD CONSTRAINT `proctoring_proctored_history_user_id_f11ddc53_fk_auth_user` FOREIGN KEY (`history_user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamreviewpolicy` ADD CONSTRAINT `proctoring_proctored_proctored_exam_id_57f9ce30_fk_proctorin` FOREIGN KEY (`proctored_exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamreviewpolicy` ADD CONSTRAINT `proctoring_proctored_set_by_user_id_7c101300_fk_auth_user` FOREIGN KEY (`set_by_user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamreviewpolicyhistory` ADD CONSTRAINT `proctoring_proctored_proctored_exam_id_8126b616_fk_proctorin` FOREIGN KEY (`proctored_exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamreviewpolicyhistory` ADD CONSTRAINT `proctoring_proctored_set_by_user_id_42ce126e_fk_auth_user` FOREIGN KEY (`set_by_user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentattempt` ADD CONSTRAINT `proctoring_proctored_proctored_exam_id_0732c688_fk_proctorin` FOREIGN KEY (`proctored_exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentattempt` ADD CONSTRAINT `proctoring_proctored_user_id_2b58b7ed_fk_auth_user` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentattempt_history` ADD CONSTRAINT `proctoring_proctored_history_user_id_8594589b_fk_auth_user` FOREIGN KEY (`history_user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentallowance` ADD CONSTRAINT `proctoring_proctored_proctored_exam_id_9baf5a64_fk_proctorin` FOREIGN KEY (`proctored_exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentallowance` ADD CONSTRAINT `proctoring_proctored_user_id_f21ce9b6_fk_auth_user` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentallowancehistory` ADD CONSTRAINT `proctoring_proctored_proctored_exam_id_a4c8237c_fk_proctorin` FOREIGN KEY (`proctored_exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentallowancehistory` ADD CONSTRAINT `proctoring_proctored_user_id_29b863c1_fk_auth_user` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereview` ADD CONSTRAINT `proctoring_proctored_exam_id_ea6095a3_fk_proctorin` FOREIGN KEY (`exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereview` ADD CONSTRAINT `proctoring_proctored_reviewed_by_id_546b4204_fk_auth_user` FOREIGN KEY (`reviewed_by_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereview` ADD CONSTRAINT `proctoring_proctored_student_id_7e197288_fk_auth_user` FOREIGN KEY (`student_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereviewhistory` ADD CONSTRAINT `proctoring_proctored_exam_id_380d8588_fk_proctorin` FOREIGN KEY (`exam_id`) REFERENCES `proctoring_proctoredexam` (`id`);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereviewhistory` ADD CONSTRAINT `proctoring_proctored_reviewed_by_id_bb993b3a_fk_auth_user` FOREIGN KEY (`reviewed_by_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamsoftwaresecurereviewhistory` ADD CONSTRAINT `proctoring_proctored_student_id_97a63653_fk_auth_user` FOREIGN KEY (`student_id`) REFERENCES `auth_user` (`id`);
ALTER TABLE `proctoring_proctoredexamstudentattemptcomment` ADD CONSTRAINT `proctoring_proctored_review_id_7f4eec67_fk_proctorin` FOREIGN KEY (`review_id`) REFERENCES `proctoring_proctoredexamsoftwaresecurereview` (`id`);
