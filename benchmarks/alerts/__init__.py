"""Alerts under kill -9 and a script of faults: none lost, doubled only where the other side had accepted."""
