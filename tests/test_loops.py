"""The loops of `watchlight run` live on after a failure and stop when told to."""

import threading

from portal.loops import Loop, Loops


def test_a_loop_turns_again_at_once_while_there_is_more():
    left = [3]
    done = threading.Event()

    def turn():
        left[0] -= 1
        if left[0] == 0:
            done.set()
        return left[0] > 0

    loops = Loops([Loop("match", turn, every_s=60)])
    loops.start()
    assert done.wait(5)
    assert loops.stop(within_s=5) == []


def test_a_failing_turn_is_counted_named_and_does_not_end_the_loop():
    recovered = threading.Event()
    turns = []

    def turn():
        turns.append(1)
        if len(turns) == 1:
            raise OSError("the disk is away")
        recovered.set()
        return False

    loop = Loop("outbox", turn, every_s=0.01)
    loops = Loops([loop])
    loops.start()
    assert recovered.wait(5)
    loops.stop(within_s=5)
    assert len(turns) >= 2
    assert loops.health() == {"outbox": "well"}


def test_a_failing_loop_says_so_in_its_health():
    failed = threading.Event()

    def turn():
        failed.set()
        raise OSError("the disk is away")

    loops = Loops([Loop("crawl", turn, every_s=60)])
    loops.start()
    assert failed.wait(5)
    loops.stop(within_s=5)
    assert loops.health() == {"crawl": "OSError"}


def test_a_loop_that_does_not_end_in_time_is_named():
    held = threading.Event()
    loops = Loops([Loop("crawl", lambda: held.wait(30), every_s=1)])
    loops.start()
    assert loops.stop(within_s=0.1) == ["crawl"]
    held.set()


def test_a_pause_grows_with_the_failures_up_to_the_loops_own_limit():
    def fails():
        raise OSError("the database is away")

    loop = Loop("consents", fails, every_s=1, longest_pause_s=2.0)
    assert [loop._one_turn() for _ in range(40)] == [2.0] * 40
    patient = Loop("crawl", fails, every_s=1)
    assert [patient._one_turn() for _ in range(3)] == [2.0, 4.0, 8.0]
