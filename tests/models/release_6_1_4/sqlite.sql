-- The tables of 6.1.4 after its migration 0025.
-- Not produced by a migration of this project, so that the upgrade test is independent of our migrations.

CREATE TABLE "proctoring_proctoredexam" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "course_id" varchar(255) NOT NULL,
    "content_id" varchar(255) NOT NULL,
    "external_id" varchar(255) NULL,
    "exam_name" text NOT NULL,
    "time_limit_mins" integer NOT NULL,
    "due_date" datetime NULL,
    "is_proctored" bool NOT NULL,
    "is_practice_exam" bool NOT NULL,
    "is_active" bool NOT NULL,
    "hide_after_due" bool NOT NULL,
    "backend" varchar(255) NULL
);
CREATE INDEX "proctoring_proctoredexam_content_id_13d3bec4" ON "proctoring_proctoredexam" ("content_id");
CREATE INDEX "proctoring_proctoredexam_course_id_8787b34f" ON "proctoring_proctoredexam" ("course_id");
CREATE UNIQUE INDEX "proctoring_proctoredexam_course_id_content_id_1d8358cc_uniq" ON "proctoring_proctoredexam" ("course_id", "content_id");
CREATE INDEX "proctoring_proctoredexam_external_id_0181c110" ON "proctoring_proctoredexam" ("external_id");

CREATE TABLE "proctoring_proctoredexamhistory" (
    "id" integer NOT NULL,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "course_id" varchar(255) NOT NULL,
    "content_id" varchar(255) NOT NULL,
    "external_id" varchar(255) NULL,
    "exam_name" text NOT NULL,
    "time_limit_mins" integer NOT NULL,
    "due_date" datetime NULL,
    "is_proctored" bool NOT NULL,
    "is_practice_exam" bool NOT NULL,
    "is_active" bool NOT NULL,
    "hide_after_due" bool NOT NULL,
    "backend" varchar(255) NULL,
    "history_id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "history_date" datetime NOT NULL,
    "history_change_reason" varchar(100) NULL,
    "history_type" varchar(1) NOT NULL,
    "history_user_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "proctoring_proctoredexamhistory_content_id_ac9543fc" ON "proctoring_proctoredexamhistory" ("content_id");
CREATE INDEX "proctoring_proctoredexamhistory_course_id_66a57818" ON "proctoring_proctoredexamhistory" ("course_id");
CREATE INDEX "proctoring_proctoredexamhistory_external_id_711a44cd" ON "proctoring_proctoredexamhistory" ("external_id");
CREATE INDEX "proctoring_proctoredexamhistory_history_user_id_f11ddc53" ON "proctoring_proctoredexamhistory" ("history_user_id");
CREATE INDEX "proctoring_proctoredexamhistory_id_bcb725e3" ON "proctoring_proctoredexamhistory" ("id");

CREATE TABLE "proctoring_proctoredexamreviewpolicy" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "proctored_exam_id" integer NOT NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "set_by_user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "review_policy" text NOT NULL
);
CREATE INDEX "proctoring_proctoredexamreviewpolicy_proctored_exam_id_57f9ce30" ON "proctoring_proctoredexamreviewpolicy" ("proctored_exam_id");
CREATE INDEX "proctoring_proctoredexamreviewpolicy_set_by_user_id_7c101300" ON "proctoring_proctoredexamreviewpolicy" ("set_by_user_id");

CREATE TABLE "proctoring_proctoredexamreviewpolicyhistory" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "original_id" integer NOT NULL,
    "review_policy" text NOT NULL,
    "proctored_exam_id" integer NOT NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "set_by_user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "proctoring_proctoredexamreviewpolicyhistory_original_id_ca04913d" ON "proctoring_proctoredexamreviewpolicyhistory" ("original_id");
CREATE INDEX "proctoring_proctoredexamreviewpolicyhistory_proctored_exam_id_8126b616" ON "proctoring_proctoredexamreviewpolicyhistory" ("proctored_exam_id");
CREATE INDEX "proctoring_proctoredexamreviewpolicyhistory_set_by_user_id_42ce126e" ON "proctoring_proctoredexamreviewpolicyhistory" ("set_by_user_id");

CREATE TABLE "proctoring_proctoredexamstudentattempt" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "started_at" datetime NULL,
    "completed_at" datetime NULL,
    "attempt_code" varchar(255) NULL,
    "external_id" varchar(255) NULL,
    "allowed_time_limit_mins" integer NULL,
    "status" varchar(64) NOT NULL,
    "taking_as_proctored" bool NOT NULL,
    "is_sample_attempt" bool NOT NULL,
    "review_policy_id" integer NULL,
    "proctored_exam_id" integer NOT NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "is_status_acknowledged" bool NOT NULL,
    "time_remaining_seconds" integer NULL,
    "is_resumable" bool NOT NULL,
    "ready_to_resume" bool NOT NULL,
    "resumed" bool NOT NULL
);
CREATE INDEX "proctoring_proctoredexamstudentattempt_attempt_code_b10ad854" ON "proctoring_proctoredexamstudentattempt" ("attempt_code");
CREATE INDEX "proctoring_proctoredexamstudentattempt_external_id_9c302af3" ON "proctoring_proctoredexamstudentattempt" ("external_id");
CREATE INDEX "proctoring_proctoredexamstudentattempt_proctored_exam_id_0732c688" ON "proctoring_proctoredexamstudentattempt" ("proctored_exam_id");
CREATE INDEX "proctoring_proctoredexamstudentattempt_user_id_2b58b7ed" ON "proctoring_proctoredexamstudentattempt" ("user_id");

CREATE TABLE "proctoring_proctoredexamstudentattempt_history" (
    "id" integer NOT NULL,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "started_at" datetime NULL,
    "completed_at" datetime NULL,
    "attempt_code" varchar(255) NULL,
    "external_id" varchar(255) NULL,
    "allowed_time_limit_mins" integer NULL,
    "status" varchar(64) NOT NULL,
    "taking_as_proctored" bool NOT NULL,
    "is_sample_attempt" bool NOT NULL,
    "review_policy_id" integer NULL,
    "is_status_acknowledged" bool NOT NULL,
    "time_remaining_seconds" integer NULL,
    "is_resumable" bool NOT NULL,
    "history_id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "history_date" datetime NOT NULL,
    "history_change_reason" varchar(100) NULL,
    "history_type" varchar(1) NOT NULL,
    "history_user_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "proctored_exam_id" integer NULL,
    "user_id" integer NULL,
    "ready_to_resume" bool NOT NULL,
    "resumed" bool NOT NULL
);
CREATE INDEX "proctoring_proctoredexamstudentattempt_history_attempt_code_2719f85f" ON "proctoring_proctoredexamstudentattempt_history" ("attempt_code");
CREATE INDEX "proctoring_proctoredexamstudentattempt_history_external_id_210c6def" ON "proctoring_proctoredexamstudentattempt_history" ("external_id");
CREATE INDEX "proctoring_proctoredexamstudentattempt_history_history_user_id_8594589b" ON "proctoring_proctoredexamstudentattempt_history" ("history_user_id");
CREATE INDEX "proctoring_proctoredexamstudentattempt_history_id_849280b0" ON "proctoring_proctoredexamstudentattempt_history" ("id");
CREATE INDEX "proctoring_proctoredexamstudentattempt_history_proctored_exam_id_446aaba3" ON "proctoring_proctoredexamstudentattempt_history" ("proctored_exam_id");
CREATE INDEX "proctoring_proctoredexamstudentattempt_history_user_id_ea9fa127" ON "proctoring_proctoredexamstudentattempt_history" ("user_id");

CREATE TABLE "proctoring_proctoredexamstudentallowance" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "key" varchar(255) NOT NULL,
    "value" varchar(255) NOT NULL,
    "proctored_exam_id" integer NOT NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "proctoring_proctoredexamstudentallowance_proctored_exam_id_9baf5a64" ON "proctoring_proctoredexamstudentallowance" ("proctored_exam_id");
CREATE INDEX "proctoring_proctoredexamstudentallowance_user_id_f21ce9b6" ON "proctoring_proctoredexamstudentallowance" ("user_id");
CREATE UNIQUE INDEX "proctoring_proctoredexamstudentallowance_user_id_proctored_exam_id_key_56de5b8f_uniq" ON "proctoring_proctoredexamstudentallowance" ("user_id", "proctored_exam_id", "key");

CREATE TABLE "proctoring_proctoredexamstudentallowancehistory" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "allowance_id" integer NOT NULL,
    "key" varchar(255) NOT NULL,
    "value" varchar(255) NOT NULL,
    "proctored_exam_id" integer NOT NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "proctoring_proctoredexamstudentallowancehistory_proctored_exam_id_a4c8237c" ON "proctoring_proctoredexamstudentallowancehistory" ("proctored_exam_id");
CREATE INDEX "proctoring_proctoredexamstudentallowancehistory_user_id_29b863c1" ON "proctoring_proctoredexamstudentallowancehistory" ("user_id");

CREATE TABLE "proctoring_proctoredexamsoftwaresecurereview" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "attempt_code" varchar(255) NOT NULL UNIQUE,
    "review_status" varchar(255) NOT NULL,
    "raw_data" text NOT NULL,
    "exam_id" integer NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "reviewed_by_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "student_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "is_attempt_active" bool NOT NULL,
    "encrypted_video_url" BLOB NULL
);
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereview_exam_id_ea6095a3" ON "proctoring_proctoredexamsoftwaresecurereview" ("exam_id");
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereview_reviewed_by_id_546b4204" ON "proctoring_proctoredexamsoftwaresecurereview" ("reviewed_by_id");
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereview_student_id_7e197288" ON "proctoring_proctoredexamsoftwaresecurereview" ("student_id");

CREATE TABLE "proctoring_proctoredexamsoftwaresecurereviewhistory" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "attempt_code" varchar(255) NOT NULL,
    "review_status" varchar(255) NOT NULL,
    "raw_data" text NOT NULL,
    "exam_id" integer NULL REFERENCES "proctoring_proctoredexam" ("id") DEFERRABLE INITIALLY DEFERRED,
    "reviewed_by_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "student_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "is_attempt_active" bool NOT NULL,
    "encrypted_video_url" BLOB NULL
);
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereviewhistory_attempt_code_695faa63" ON "proctoring_proctoredexamsoftwaresecurereviewhistory" ("attempt_code");
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereviewhistory_exam_id_380d8588" ON "proctoring_proctoredexamsoftwaresecurereviewhistory" ("exam_id");
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereviewhistory_reviewed_by_id_bb993b3a" ON "proctoring_proctoredexamsoftwaresecurereviewhistory" ("reviewed_by_id");
CREATE INDEX "proctoring_proctoredexamsoftwaresecurereviewhistory_student_id_97a63653" ON "proctoring_proctoredexamsoftwaresecurereviewhistory" ("student_id");

CREATE TABLE "proctoring_proctoredexamstudentattemptcomment" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "created" datetime NOT NULL,
    "modified" datetime NOT NULL,
    "start_time" integer NOT NULL,
    "stop_time" integer NOT NULL,
    "duration" integer NOT NULL,
    "comment" text NOT NULL,
    "status" varchar(255) NOT NULL,
    "review_id" integer NOT NULL REFERENCES "proctoring_proctoredexamsoftwaresecurereview" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "proctoring_proctoredexamstudentattemptcomment_review_id_7f4eec67" ON "proctoring_proctoredexamstudentattemptcomment" ("review_id");
