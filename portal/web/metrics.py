"""What the portal counts. Labels are short fixed words: never a person, an address or a hash."""

from prometheus_client import Counter

REFUSALS = Counter("watchlight_portal_refusals", "Requests not let in, by reason.", ["reason"])
REQUESTS = Counter("watchlight_portal_requests", "Requests answered, by class of status.", ["outcome"])
SIGN_IN = Counter("watchlight_portal_sign_in", "Steps of signing in, by outcome.", ["outcome"])
ENROLMENTS = Counter("watchlight_portal_enrolments", "Photos enrolled from a browser, by outcome.", ["outcome"])
NOTICES = Counter("watchlight_portal_notices", "Notices, by what was done with them.", ["outcome"])
SHARED_AWAY = Counter("watchlight_portal_shared_away", "Tries and challenges counted here alone: Valkey was away.")
