"""What a client sends for a key, and the addresses that a server compares with."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seb_openedx.protocol import find_match, header_hash, is_key, keys, matches, parse_keys, url_candidates
from seb_openedx.protocol.errors import InvalidKey
from tests.seb.protocol.vectors import KEY_OF_SETTINGS

pytestmark = pytest.mark.contract("seb-protocol#hashes")

LMS = "https://lms.example.com"
COURSE = f"{LMS}/courses/course-v1:edX+DemoX+Demo_Course/courseware/"
BLOCK = (
    f"{LMS}/xblock/block-v1:edX+DemoX+Demo_Course+type@vertical+block@abc123?show_title=0&view=student_view#fragment"
)


@pytest.mark.parametrize(
    ("url", "key", "sent"),
    [
        pytest.param(
            "https://domain.com/path",
            "534b5a6a593e735e9d",
            "a3a793a2715bdd3da1a7ef3ebe8acdd48c1468433d88cba346a437e961f601b1",
            id="short-key",
        ),
        pytest.param(
            COURSE,
            KEY_OF_SETTINGS,
            "788cfffab3f2b5f00ba57140e7d9d98fca3473ed29e146f6360f9fa9ffd309fa",
            id="literal-course-key",
        ),
        pytest.param(
            BLOCK,
            KEY_OF_SETTINGS,
            "18a597151f2d41bfe79bec610894ff9deb784a0fa412ede9b25be8f2b94e835b",
            id="query-and-fragment",
        ),
        pytest.param(
            f"{LMS}/courses/course-v1%3AedX%2BDemoX%2BDemo_Course/courseware/",
            KEY_OF_SETTINGS,
            "3f21ff470fb19d37342e6c9c288ca1ad8702645e0ed15792849e9e5fd6ded35a",
            id="encoded-course-key",
        ),
        pytest.param(
            f"{LMS}/seb-openedx/verify/q7Zt0m1aXvU/?next=%2Fcourses%2F",
            KEY_OF_SETTINGS,
            "433f722170ad17fa84061ce60eb3f5db48cb8e74f69923f23d03ac2f1a674f35",
            id="encoded-query",
        ),
    ],
)
def test_published_hash(url, key, sent):
    assert header_hash(url, key) == sent
    assert matches(url, key, sent)


@pytest.mark.parametrize(
    ("received", "matching"),
    [
        pytest.param(header_hash(COURSE, KEY_OF_SETTINGS), True, id="as-sent"),
        pytest.param(f" {header_hash(COURSE, KEY_OF_SETTINGS).upper()}\t", True, id="capitals-and-blanks"),
        pytest.param(header_hash(COURSE[:-1], KEY_OF_SETTINGS), False, id="without-the-last-slash"),
        pytest.param(header_hash(COURSE, KEY_OF_SETTINGS)[:-1], False, id="cut-off"),
        pytest.param(KEY_OF_SETTINGS, False, id="the-key-itself"),
        pytest.param("", False, id="nothing"),
        pytest.param("é\ud800", False, id="no-hash"),
    ],
)
def test_a_received_hash(received, matching):
    assert matches(COURSE, KEY_OF_SETTINGS, received) is matching


def test_a_key_in_capitals_is_also_tried_in_lower_case():
    assert matches(COURSE, KEY_OF_SETTINGS.upper(), header_hash(COURSE, KEY_OF_SETTINGS))
    assert matches(COURSE, KEY_OF_SETTINGS.upper(), header_hash(COURSE, KEY_OF_SETTINGS.upper()))
    # Other texts are keys of operators, used as they are.
    assert not matches(COURSE, "ABC", header_hash(COURSE, "abc"))


def test_the_match_names_address_and_key():
    match = find_match([LMS, COURSE], ["a", "b"], header_hash(COURSE, "b"))

    assert match == (COURSE, "b")
    assert find_match([LMS], ["a", "b"], header_hash(COURSE, "b")) is None
    assert find_match([], ["a"], header_hash(COURSE, "a")) is None


def test_comparisons_take_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or a == b)

    assert not matches(COURSE, "a", "0" * 64)
    assert len(compared) == 1


def test_the_number_of_comparisons_is_limited(monkeypatch):
    compared = []
    original = hmac.compare_digest
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: compared.append(a) or original(a, b))

    assert find_match([f"{LMS}/{n}" for n in range(50)], map(str, range(10_000)), "0" * 64) is None
    assert len(compared) == keys.MAX_KEYS * keys.MAX_CANDIDATES


@given(st.text(), st.text(), st.text())
def test_any_texts_are_compared(url, key, received):
    assert matches(url, key, received) is (received.strip().lower() == header_hash(url, key))


class TestPastedKeys:
    pytestmark = pytest.mark.contract("seb-protocol#pasted-keys")

    def test_keys_are_separated_and_normalised(self):
        a, b = "a" * 64, "B1" * 32
        assert parse_keys(f" {a}, {b};\n{a.upper()}\t{b}\r\n") == [a, b.lower()]
        assert parse_keys(" \n;,") == []

    @pytest.mark.parametrize("word", ["a" * 63, "a" * 65, "g" * 64, "\u0661" * 64])
    def test_another_text_is_refused(self, word):
        with pytest.raises(InvalidKey, match=f"key 2: {len(word)} characters"):
            parse_keys(f"{'a' * 64} {word}")
        assert not is_key(word)


class TestCandidates:
    pytestmark = pytest.mark.contract("seb-protocol#addresses")

    def test_the_address_of_the_framework_alone(self):
        assert url_candidates(f"{COURSE}#top") == [COURSE]

    def test_the_target_as_the_server_received_it(self):
        assert url_candidates("http://testserver/a%3Ab", raw_target="/a:b") == [
            "http://testserver/a%3Ab",
            "http://testserver/a:b",
        ]

    def test_a_target_that_is_a_whole_address_gives_path_and_query(self):
        candidates = url_candidates("http://testserver/a%3Ab?c", raw_target="http://other.example.com/a:b?c")
        assert candidates == ["http://testserver/a%3Ab?c", "http://testserver/a:b?c"]

    @pytest.mark.parametrize("target", ["*", "", "http://other.example.com", None])
    def test_a_target_without_path_gives_nothing(self, target):
        assert url_candidates("http://testserver/a", raw_target=target) == ["http://testserver/a"]

    @pytest.mark.parametrize(
        "public",
        [LMS, f"{LMS}/", "HTTPS://LMS.Example.com:443", "https://user@lms.example.com/path"],
    )
    def test_public_origins_are_written_as_browsers_do(self, public):
        assert url_candidates("http://10.0.0.5:8000/a", full_path="/a", public_origins=[public]) == [
            "http://10.0.0.5:8000/a",
            f"{LMS}/a",
        ]

    def test_each_public_origin_is_tried_with_both_paths(self):
        assert url_candidates(
            "http://10.0.0.5/a%3Ab",
            raw_target="/a:b",
            full_path="/a%3Ab",
            public_origins=[LMS, "https://preview.example.com"],
        ) == [
            "http://10.0.0.5/a%3Ab",
            "http://10.0.0.5/a:b",
            f"{LMS}/a:b",
            f"{LMS}/a%3Ab",
            "https://preview.example.com/a:b",
            "https://preview.example.com/a%3Ab",
        ]

    def test_a_forwarded_scheme_counts_for_public_origins_only(self):
        insecure = "http://lms.example.com/a"
        believed = url_candidates(insecure, public_origins=[LMS], forwarded_https=True)
        assert believed == [insecure, f"{LMS}/a"]
        assert url_candidates(insecure, public_origins=[LMS]) == [insecure]
        assert url_candidates(insecure, public_origins=["https://other.example.com"], forwarded_https=True) == [
            insecure
        ]
        assert url_candidates(insecure, forwarded_https=True) == [insecure]

    def test_at_most_eight(self):
        origins = [f"https://{n}.example.com" for n in range(20)]
        assert len(url_candidates("http://testserver/a", full_path="/a", public_origins=origins)) == 8

    @given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.booleans())
    def test_no_text_is_an_error(self, url, target, origins, forwarded):
        candidates = url_candidates(url, raw_target=target, public_origins=origins, forwarded_https=forwarded)
        assert len(set(candidates)) == len(candidates) <= 8
        assert not any("#" in candidate for candidate in candidates)
