"""Verdicts on labelled responses: a little web of hosts that answer as real ones do, and what we make of them."""
