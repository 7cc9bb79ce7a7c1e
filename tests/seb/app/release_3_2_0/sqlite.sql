-- The tables of release 3.2.0, written by hand from the published schema.
CREATE TABLE seb_openedx_forbiddencourseaccess (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    username varchar(150) NOT NULL,
    course_id varchar(255) NOT NULL COLLATE NOCASE,
    access_blocked bool NOT NULL,
    last_modified_time datetime NOT NULL,
    last_modified_by_username varchar(150) NOT NULL
);
CREATE UNIQUE INDEX seb_openedx_forbiddencourseaccess_username_course_id_uniq
    ON seb_openedx_forbiddencourseaccess (username, course_id);
CREATE INDEX seb_openedx_usernam_41089f_idx ON seb_openedx_forbiddencourseaccess (username, course_id);
CREATE TABLE seb_openedx_sebcourseconfiguration (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    course_id varchar(255) NOT NULL UNIQUE COLLATE NOCASE,
    permission_components text NOT NULL,
    browser_keys text NOT NULL,
    config_keys text NOT NULL,
    user_banning_enabled bool NOT NULL,
    blacklist_chapters text NOT NULL,
    whitelist_paths text NOT NULL,
    allow_mfe_access bool NOT NULL,
    seb_enabled bool NOT NULL,
    blacklist_sequences text NOT NULL,
    blacklist_verticals text NOT NULL
);
