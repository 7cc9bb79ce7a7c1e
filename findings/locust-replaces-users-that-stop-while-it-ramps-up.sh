#!/bin/sh
# Packages: locust 2.47.0
# Behaviour: `spawn_rate` is not a rate of arrivals. While the local runner ramps up it compares, each second, the users
#   that are alive with those that should have been started so far, and starts the difference. A user that ends itself
#   with `StopUser` is therefore started again, so arrivals grow from second to second, and far more users start than
#   `user_count` says. To get arrivals at a fixed rate, start all users at once and let each user wait for its turn.
# Seen: user_count=20 and spawn_rate=5, each user done after 0.2 s: 5, 10, 15 and 20 starts a second, 50 in all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check locust==2.47.0
cat > arrivals.py <<'PY'
import gevent.monkey

gevent.monkey.patch_all()

import time
from collections import Counter

import gevent
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

starts = []


class Once(User):
    @task
    def stay_a_moment(self):
        starts.append(time.monotonic())
        gevent.sleep(0.2)
        raise StopUser


runner = Environment(user_classes=[Once]).create_local_runner()
runner.start(20, spawn_rate=5)
runner.spawning_greenlet.join()
runner.user_greenlets.join()
each_second = Counter(int(start - starts[0]) for start in starts)
print(f"user_count=20 spawn_rate=5: {len(starts)} starts, each second {[each_second[s] for s in sorted(each_second)]}")
# On an idle machine 50; on a busy one a second may hold the starts of two.
assert len(starts) > 30, starts
PY
env/bin/python arrivals.py
