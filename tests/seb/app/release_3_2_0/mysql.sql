-- The tables of release 3.2.0, written by hand from the published schema.
CREATE TABLE seb_openedx_forbiddencourseaccess (
    id integer AUTO_INCREMENT NOT NULL PRIMARY KEY,
    username varchar(150) NOT NULL,
    course_id varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL,
    access_blocked bool NOT NULL,
    last_modified_time datetime(6) NOT NULL,
    last_modified_by_username varchar(150) NOT NULL,
    UNIQUE KEY seb_openedx_forbiddencou_username_course_id_9a1b2c3d_uniq (username, course_id),
    KEY seb_openedx_usernam_41089f_idx (username, course_id)
);
CREATE TABLE seb_openedx_sebcourseconfiguration (
    id integer AUTO_INCREMENT NOT NULL PRIMARY KEY,
    course_id varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL UNIQUE,
    permission_components longtext NOT NULL,
    browser_keys longtext NOT NULL,
    config_keys longtext NOT NULL,
    user_banning_enabled bool NOT NULL,
    blacklist_chapters longtext NOT NULL,
    whitelist_paths longtext NOT NULL,
    allow_mfe_access bool NOT NULL,
    seb_enabled bool NOT NULL,
    blacklist_sequences longtext NOT NULL,
    blacklist_verticals longtext NOT NULL
);
