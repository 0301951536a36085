"""What `watchlight run` counts of its own loops."""

from prometheus_client import Counter

LOOP_TURNS = Counter("watchlight_portal_loop_turns_total", "Turns of a loop that ended well.", ["kind"])
LOOP_FAILURES = Counter("watchlight_portal_loop_failures_total", "Turns of a loop that failed.", ["kind"])
