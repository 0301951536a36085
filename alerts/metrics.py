"""What the alerts package counts: how alerts and re-checks end, and how much is waiting."""

from prometheus_client import Counter, Gauge

MATCHES = Counter("watchlight_alerts_matches_total", "Matches read from the sighting log.", ["kind"])
EXPOSURES = Counter("watchlight_alerts_exposures_total", "Exposures recorded for the first time.")
ALERTS = Counter("watchlight_alerts_alerts_total", "Alerts written to the outbox.")
WITHHELD = Counter("watchlight_alerts_matches_withheld_total", "Matches dropped because consent had ended.")
DELIVERIES = Counter(
    "watchlight_alerts_deliveries_total",
    "Attempts to hand an alert over, by how they ended.",
    ["channel", "outcome"],
)
WAITING = Gauge("watchlight_alerts_outbox_waiting", "Deliveries in the outbox, by state.", ["state"])
OLDEST = Gauge("watchlight_alerts_outbox_lag_seconds", "Age of the oldest delivery that is not out yet.")
UNREAD = Gauge("watchlight_alerts_sightings_unread", "Numbers in the sighting log not yet compared with enrolments.")
VERDICTS = Counter("watchlight_alerts_verdicts_total", "Re-checks, by what they found.", ["outcome"])
