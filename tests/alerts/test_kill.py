"""A sender killed at odd moments, peers that misbehave: the small version of `python -m benchmarks alerts`."""

from benchmarks.alerts.trial import run


def test_kill_9_and_a_script_of_faults_lose_no_alert_and_double_only_what_was_accepted(tmp_path):
    result = run(tmp_path, alerts=30, kills=2, seed=3)
    assert (result.alerts, result.lost, result.given_up, result.unexplained) == (30, 0, 0, 0)
    assert result.kills >= 1
    assert result.faults["drop-after"] > 0
