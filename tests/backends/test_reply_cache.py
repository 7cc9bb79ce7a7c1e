"""How long replies of providers are kept, and for which workers."""

import pytest

from edx_proctoring.backends.reply_cache import CachedReply, ReplyCache

from .conftest import BASE_URL, make_rest_provider

pytestmark = pytest.mark.contract("provider-wire#config-cache")

NOON = "2030-01-02 12:00:00"
CONFIG_URL = f"{BASE_URL}/api/v1/config/"


def named(number):
    return {"name": number}


def test_an_unknown_key_has_no_reply():
    assert ReplyCache("test", fresh_seconds=10).get("a") is None


def test_a_reply_is_fresh_first_then_stale_then_gone(freezer_at):
    replies = ReplyCache("test", fresh_seconds=10, stale_seconds=20)
    with freezer_at(NOON) as clock:
        replies.store(named(1), "a")
        clock.tick(10)
        assert replies.get("a") == CachedReply(named(1), is_fresh=True)
        clock.tick(9)
        assert replies.get("a") == CachedReply(named(1), is_fresh=False)
        clock.tick(2)
        assert replies.get("a") is None


def test_a_newer_reply_replaces_the_one_before():
    replies = ReplyCache("test", fresh_seconds=10)
    replies.store(named(1), "a")
    replies.store(named(2), "a")
    assert replies.get("a").value == named(2)


@pytest.mark.parametrize("other", [("test", "b"), ("test", "a", None), ("other", "a")], ids=str)
def test_another_call_or_key_has_its_own_reply(other):
    ReplyCache("test", fresh_seconds=10).store(named(1), "a")
    call, *parts = other
    assert ReplyCache(call, fresh_seconds=10).get(*parts) is None


def test_a_key_may_have_any_characters_and_length(recwarn):
    replies = ReplyCache("test", fresh_seconds=10)
    replies.store(named(1), "ä b\n" * 100)
    assert replies.get("ä b\n" * 100).value == named(1)
    # Django warns of keys that memcached would refuse.
    assert not recwarn.list


def test_a_full_cache_drops_the_oldest_replies(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "test_a_full_cache",
            "OPTIONS": {"MAX_ENTRIES": 4, "CULL_FREQUENCY": 2},
        }
    }
    replies = ReplyCache("test", fresh_seconds=10)
    for number in range(5):
        replies.store(named(number), number)
    assert [cached and cached.value for cached in map(replies.get, range(5))] == [None, None, *map(named, (2, 3, 4))]


class TestWorkers:
    """Each worker has its own object of a configured provider."""

    def worker(self, *, backend_name="acme", **options):
        provider = make_rest_provider(**options)
        provider.backend_name = backend_name
        return provider

    def test_workers_share_the_replies_of_one_configured_provider(self, http, sent):
        http.get(CONFIG_URL, json=named("Acme"))
        self.worker().get_proctoring_config()
        assert self.worker().get_proctoring_config() == named("Acme")
        assert len(sent()) == 1

    def test_two_configured_providers_with_one_base_url_have_their_own_replies(self, http, sent):
        http.get(CONFIG_URL, json=named("Acme"))
        self.worker().get_proctoring_config()
        self.worker(backend_name="acme_two").get_proctoring_config()
        assert len(sent()) == 2

    def test_a_provider_that_moved_to_another_base_url_is_called_again(self, http, sent):
        http.get(CONFIG_URL, json=named("Acme"))
        http.get("http://moved.test/api/v1/config/", json=named("Moved"))
        http.post("http://moved.test/oauth2/access_token", json={"access_token": "token-1", "expires_in": 3600})
        self.worker().get_proctoring_config()
        assert self.worker(base_url="http://moved.test").get_proctoring_config() == named("Moved")

    @pytest.mark.contract("provider-wire#attempt-cache")
    def test_workers_share_the_view_of_an_attempt(self, http, sent):
        attempt = {"external_id": "ext-att", "proctored_exam": {"external_id": "ext-exam"}}
        http.get(f"{BASE_URL}/api/v1/exam/ext-exam/attempt/ext-att/", json={"instructions": ["Read this"]})
        self.worker().get_attempt(attempt)
        assert self.worker().get_attempt(attempt) == {"instructions": ["Read this"]}
        assert len(sent()) == 1
