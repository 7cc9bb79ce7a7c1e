#!/bin/sh
# Packages: freezegun 1.5.5, pytest 9.2.0
# Behaviour: `freeze_time` inside a fixture also freezes the clock with which pytest measures its own phases.
#   freezegun's default ignore list names `_pytest.terminal.` and `_pytest.runner.`, with a dot at the end that no
#   module name has, and pytest reads the time in `_pytest.timing`. So `--durations` shows the distance
#   between the frozen and the real time, not a duration.
# Seen: a set-up that takes no time at all is listed with more than a hundred million seconds.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check freezegun==1.5.5 pytest==9.2.0
cat > test_clock.py <<'PY'
import pytest
from freezegun import freeze_time


@pytest.fixture
def clock():
    with freeze_time("2020-01-01"):
        yield


def test_nothing(clock):
    pass
PY
env/bin/python -m pytest -q -p no:cacheprovider --durations=3 --durations-min=1000 test_clock.py | tee seen.txt
grep -Eq '[0-9]{9,}\.[0-9]+s setup' seen.txt
