-- The tables of release 3.2.0, written by hand from the published schema.
CREATE TABLE seb_openedx_forbiddencourseaccess (
    id serial NOT NULL PRIMARY KEY,
    username varchar(150) NOT NULL,
    course_id varchar(255) NOT NULL,
    access_blocked boolean NOT NULL,
    last_modified_time timestamp with time zone NOT NULL,
    last_modified_by_username varchar(150) NOT NULL,
    CONSTRAINT seb_openedx_forbiddencou_username_course_id_9a1b2c3d_uniq UNIQUE (username, course_id)
);
CREATE INDEX seb_openedx_usernam_41089f_idx ON seb_openedx_forbiddencourseaccess (username, course_id);
CREATE TABLE seb_openedx_sebcourseconfiguration (
    id serial NOT NULL PRIMARY KEY,
    course_id varchar(255) NOT NULL UNIQUE,
    permission_components text NOT NULL,
    browser_keys text NOT NULL,
    config_keys text NOT NULL,
    user_banning_enabled boolean NOT NULL,
    blacklist_chapters text NOT NULL,
    whitelist_paths text NOT NULL,
    allow_mfe_access boolean NOT NULL,
    seb_enabled boolean NOT NULL,
    blacklist_sequences text NOT NULL,
    blacklist_verticals text NOT NULL
);
