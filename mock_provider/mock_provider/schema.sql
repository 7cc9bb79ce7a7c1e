CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- An exam as the LMS last described it. `rules` and `document` are JSON.
CREATE TABLE IF NOT EXISTS exams (
    id TEXT PRIMARY KEY,
    course_id TEXT NOT NULL DEFAULT '',
    exam_name TEXT NOT NULL DEFAULT '',
    is_practice INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT 1,
    rules TEXT NOT NULL DEFAULT '{}',
    document TEXT NOT NULL DEFAULT '{}',
    updated_at TEXT NOT NULL
);

-- One registered attempt. `status` is the latest that the LMS sent; `desktop` is the state of the learner's
-- software: NULL (closed), 'running' or 'uploading'.
CREATE TABLE IF NOT EXISTS attempts (
    id TEXT PRIMARY KEY,
    exam_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    full_name TEXT NOT NULL DEFAULT '',
    email TEXT,
    lms_host TEXT NOT NULL,
    status TEXT NOT NULL,
    desktop TEXT,
    time_limit_mins INTEGER,
    review_policy TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    ready_at TEXT,
    submitted_at TEXT
);
CREATE INDEX IF NOT EXISTS attempts_by_exam ON attempts (exam_id);
CREATE INDEX IF NOT EXISTS attempts_by_user ON attempts (user_id);

-- Which attempt a registration made, by its Idempotency-Key: the same request again is the same registration.
CREATE TABLE IF NOT EXISTS idempotency_keys (
    exam_id TEXT NOT NULL,
    key TEXT NOT NULL,
    attempt_id TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    PRIMARY KEY (exam_id, key)
);

-- What an attempt of RPNow mode was registered with: the LMS's document as JSON, and our own address as the LMS
-- reached it.
CREATE TABLE IF NOT EXISTS registrations (
    attempt_id TEXT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    exam_code TEXT NOT NULL COLLATE NOCASE,
    document TEXT NOT NULL,
    base_url TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS registrations_by_code ON registrations (exam_code);

-- A session of Constructor Proctor: the claims of its start token as JSON, and the status that the vendor's API answers.
CREATE TABLE IF NOT EXISTS constructor_sessions (
    attempt_id TEXT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    integration TEXT NOT NULL,
    claims TEXT NOT NULL,
    status TEXT NOT NULL,
    base_url TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    finish_url TEXT NOT NULL DEFAULT ''
);

-- One sending of a verdict with the LMS's answer. `lms_status` NULL: the LMS did not answer.
CREATE TABLE IF NOT EXISTS verdicts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt_id TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '',
    sent_at TEXT NOT NULL,
    lms_status INTEGER,
    lms_answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS verdicts_by_attempt ON verdicts (attempt_id);
