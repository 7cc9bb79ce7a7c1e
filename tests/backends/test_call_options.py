"""Options of provider calls that no parameter can carry."""

import contextlib
import threading

import pytest

from edx_proctoring.backends import call_options
from edx_proctoring.backends.call_options import CallOptions

pytestmark = pytest.mark.contract("provider-wire#time-limits")


def test_without_a_block_the_options_have_their_defaults():
    assert call_options.current() == CallOptions(is_page_waiting=False, raises_on_error=False)


def test_an_inner_block_keeps_the_options_that_it_does_not_name():
    with call_options.use(is_page_waiting=True):
        with call_options.use(raises_on_error=True):
            assert call_options.current() == CallOptions(is_page_waiting=True, raises_on_error=True)
        assert call_options.current() == CallOptions(is_page_waiting=True)


def test_an_inner_block_may_switch_an_option_off():
    with call_options.use(is_page_waiting=True), call_options.use(is_page_waiting=False):
        assert not call_options.current().is_page_waiting


def test_an_error_in_the_block_restores_the_defaults():
    with contextlib.suppress(ValueError), call_options.use(raises_on_error=True):
        raise ValueError
    assert call_options.current() == CallOptions()


def test_another_thread_does_not_see_the_options():
    seen = []
    with call_options.use(is_page_waiting=True):
        other = threading.Thread(target=lambda: seen.append(call_options.current()))
        other.start()
        other.join()
    assert seen == [CallOptions()]
