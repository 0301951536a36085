"""What the alerts package counts. How deep and how old the outbox is, the registry's own metrics say."""

from prometheus_client import Counter, Gauge

MATCHES = Counter("watchlight_alerts_matches_total", "Matches read from the sighting log.", ["kind"])
EXPOSURES = Counter("watchlight_alerts_exposures_total", "Exposures recorded for the first time.")
ALERTS = Counter("watchlight_alerts_alerts_total", "Alerts written to the outbox.")
WITHHELD = Counter("watchlight_alerts_matches_withheld_total", "Matches dropped because consent had ended.")
HELD = Counter("watchlight_alerts_exposures_held_total", "Exposures held back as part of a flood, for an operator.")
DELIVERIES = Counter(
    "watchlight_alerts_deliveries_total",
    "Attempts to hand an alert over, by how they ended.",
    ["channel", "outcome"],
)
WEBHOOKS = Counter("watchlight_alerts_webhook_calls_total", "Events told to programs of centres.", ["outcome"])
UNREAD = Gauge("watchlight_alerts_sightings_unread", "Numbers in the sighting log not yet compared with enrolments.")
VERDICTS = Counter("watchlight_alerts_verdicts_total", "Re-checks, by what they found.", ["outcome"])
OUTDATED = Gauge("watchlight_alerts_enrolments_outdated", "Photos enrolled by older rules: to be enrolled again.")
INDEX_POSITION = Gauge("watchlight_alerts_index_position", "The change of the enrolments up to which this index is.")
WITHDRAWALS_HEEDED = Gauge(
    "watchlight_alerts_withdrawals_heeded",
    "The change of the enrolments up to which everything withdrawn or erased is out of this index.",
)
