"""pytest measures real time while a test freezes the clock (tests/conftest.py configures freezegun)."""

import time

import freezegun
import pytest
from _pytest.timing import Instant
from freezegun import freeze_time

from tests.factories import NOON


@pytest.mark.parametrize(
    ("ignored", "is_real"),
    [
        pytest.param(freezegun.config.DEFAULT_IGNORE_LIST, False, id="control-freezegun-alone-freezes-pytest-too"),
        pytest.param(freezegun.config.settings.default_ignore_list, True, id="as-configured"),
    ],
)
def test_pytest_measures_real_time_while_the_clock_is_frozen(
    monkeypatch: pytest.MonkeyPatch, ignored: list[str], is_real: bool
) -> None:
    monkeypatch.setattr(freezegun.config.settings, "default_ignore_list", ignored)
    before = time.perf_counter()
    with freeze_time(NOON):
        assert time.time() == NOON.timestamp()
        instant = Instant()
    assert (before <= instant.perf_count <= time.perf_counter()) is is_real
    assert (instant.time != NOON.timestamp()) is is_real
