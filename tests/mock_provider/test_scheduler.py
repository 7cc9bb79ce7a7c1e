"""The scheduler with real timers."""

from __future__ import annotations

import threading

from mock_provider.scheduler import TimerScheduler

SECONDS = 10


def test_a_due_action_runs():
    done = threading.Event()
    TimerScheduler().after(0, done.set)
    assert done.wait(SECONDS)


def test_stopping_drops_the_actions_that_are_not_due():
    scheduler, done = TimerScheduler(), threading.Event()
    scheduler.after(0.05, done.set)
    scheduler.stop()
    assert not done.wait(0.2)


def test_stopping_waits_for_a_running_action():
    scheduler, started, release, finished = TimerScheduler(), threading.Event(), threading.Event(), []

    def act():
        started.set()
        release.wait(SECONDS)
        finished.append(True)

    scheduler.after(0, act)
    assert started.wait(SECONDS)
    threading.Timer(0.05, release.set).start()
    scheduler.stop()
    assert finished == [True]


def test_an_action_cannot_schedule_another_after_the_stop():
    scheduler, done = TimerScheduler(), threading.Event()
    scheduler.stop()
    scheduler.after(0, done.set)
    assert not done.wait(0.05)
