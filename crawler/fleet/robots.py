"""What sites answered when asked for robots.txt, shared by the crawlers of a fleet: a site is asked once for all.

Shared is the answer as it came, never what was made of it: every crawler reads it by its own rules, closed when in
doubt, and asks for itself when what lies there is no answer. What no server said (a timeout, a name that cannot be
found, a guard's refusal) is each crawler's own and not shared.
"""

import base64
import hashlib
import json
import time
import zlib
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from crawler import metrics
from crawler.errors import FleetAway
from crawler.fleet.connection import away, looping_client

SHARED_S = 4 * 3600.0
"""How long an answer is shared: the rules themselves hold for a day, but who closes a site should not wait for that."""
SHARED_BYTES = 64 * 1024
"""Larger files are not shared; every crawler asks for them itself."""
PACKED_LIMIT = 16 * 1024
ANSWERS_LIMIT = 100_000
"""Answers kept at once; those that came first are forgotten. It bounds what Valkey holds, to 2 GB at the very worst."""

_PUT = """
-- ARGV: name of the origin, the answer, milliseconds it is kept, most answers kept, the age of its name
redis.call('SET', KEYS[1] .. ':robots:' .. ARGV[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[1] .. ':robots', ARGV[5], ARGV[1])
local excess = redis.call('ZCARD', KEYS[1] .. ':robots') - tonumber(ARGV[4])
while excess > 0 do
  redis.call('UNLINK', KEYS[1] .. ':robots:' .. redis.call('ZPOPMIN', KEYS[1] .. ':robots')[1])
  excess = excess - 1
end
redis.call('EXPIRE', KEYS[1] .. ':robots', 90000)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer: status, content type and body as they came, and how many seconds ago that was."""

    status: int
    kind: str
    untrusted: bytes
    age_s: float = 0.0


class SharedAnswers:
    """Answers by origin (scheme, host and port). While Valkey is away there are none, and none is kept."""

    def __init__(self, url: str, names: str) -> None:
        self._client = looping_client(url)
        self._names = names
        self._put: Any = None

    async def get(self, origin: str) -> Answer | None:
        """Return what the origin answered one of us, or None when that is not known."""
        kept = await self._asked(self._client.get(f"{self._names}:robots:{_name(origin)}"))
        return None if kept is None else _unpacked(kept, origin)

    async def put(self, origin: str, answer: Answer, kept_s: float) -> None:
        """Let the others know an answer that just came, for so many seconds, SHARED_S at most."""
        packed = _packed(origin, answer)
        if len(answer.untrusted) > SHARED_BYTES or len(packed) > PACKED_LIMIT:
            return
        self._put = self._put or self._client.register_script(_PUT)
        arguments = (_name(origin), packed, round(min(kept_s, SHARED_S) * 1000), ANSWERS_LIMIT, time.time())
        await self._asked(self._put(keys=[self._names], args=arguments))

    async def _asked(self, question: Awaitable[Any]) -> Any:
        """Return Valkey's answer; None where it cannot be asked, for then every crawler asks the sites itself."""
        try:
            try:
                return await question
            except Exception as error:
                raise away(error) from error
        except FleetAway as error:
            metrics.fleet_away.labels(reason=str(error)).inc()


def _name(origin: str) -> str:
    return hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _packed(origin: str, answer: Answer) -> str:
    body = base64.b64encode(zlib.compress(answer.untrusted)).decode()
    return json.dumps([origin, time.time(), answer.status, answer.kind[:100], body])


def _unpacked(kept: str, origin: str) -> Answer | None:
    """Return the answer that lies there; None when it is none, of another origin, or from the future."""
    if len(kept) > PACKED_LIMIT:
        return None
    try:
        of, at, status, kind, body = json.loads(kept)
        unpacking = zlib.decompressobj()
        untrusted = unpacking.decompress(base64.b64decode(body, validate=True), SHARED_BYTES)
        answer = Answer(int(status), str(kind), untrusted, time.time() - float(at))
    except (ValueError, TypeError, zlib.error):
        return None
    whole = unpacking.eof and of == origin and answer.age_s >= 0 and 200 <= answer.status < 600
    return answer if whole else None
