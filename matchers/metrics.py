"""What the matchers count. Labels come from a short list; never an address or a hash."""

from prometheus_client import Counter

FINGERPRINTS = Counter(
    "watchlight_matchers_fingerprints", "Pictures turned into fingerprints, or not", ["outcome", "reason"]
)
SEARCHES = Counter("watchlight_matchers_searches", "Sightings compared with the enrolments", ["outcome"])
CANDIDATES = Counter("watchlight_matchers_candidates", "Likenesses found", ["kind"])
