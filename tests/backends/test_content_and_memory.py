"""What a provider may put into our pages, and for how long we remember it. Spec: backends.md 14.2, 14.8."""

import pytest

from edx_proctoring.backends import memory
from edx_proctoring.backends.content import clean_instructions, safe_download_url
from edx_proctoring.backends.memory import ReplyMemory


@pytest.mark.spec("backends.md", "14.8:instructions")
@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="a-list"),
        pytest.param("one sentence", ["one sentence"], id="one-text"),
        pytest.param(None, [], id="none"),
        pytest.param({"a": 1}, [], id="an-object"),
        pytest.param([1, None, "a"], ["a"], id="only-texts-count"),
        pytest.param(["<div>block</div>"], ["block"], id="block-markup-goes-its-text-stays"),
        pytest.param(["<em>in</em>line"], ["<em>in</em>line"], id="inline-markup-stays"),
        pytest.param(["<img src=x onerror=alert(1)>"], [""], id="images-go"),
    ],
)
def test_instructions(value, cleaned):
    assert clean_instructions(value) == cleaned


@pytest.mark.spec("backends.md", "14.8:download")
@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://v.test/d", "https://v.test/d"),
        ("http://v.test/d", "http://v.test/d"),
        ("HTTPS://v.test/d", "HTTPS://v.test/d"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("proctor-app://go", None),
        ("/relative", None),
        ("//v.test/d", None),
        ("http://[broken", None),
        (5, None),
        (None, None),
    ],
)
def test_download_address(value, url):
    assert safe_download_url(value) == url


@pytest.mark.spec("backends.md", "14.2:config")
class TestMemory:
    def test_nothing_is_remembered_of_an_unknown_key(self):
        assert ReplyMemory(fresh=10).fresh("a") is None

    def test_a_full_memory_forgets_the_oldest(self, monkeypatch):
        monkeypatch.setattr(memory, "_MAX_ENTRIES", 4)
        replies = ReplyMemory(fresh=10)
        for number in range(5):
            replies.keep(number, number)
        assert [replies.fresh(number) for number in range(5)] == [None, None, 2, 3, 4]

    def test_a_full_memory_forgets_what_is_too_old_first(self, monkeypatch, freezer_at):
        monkeypatch.setattr(memory, "_MAX_ENTRIES", 4)
        replies = ReplyMemory(fresh=10, stale=20)
        with freezer_at("2030-01-02 03:04:05") as clock:
            for number in range(4):
                replies.keep(number, number)
            clock.tick(21)
            replies.keep("new", "new")
            assert list(replies._entries) == ["new"]
