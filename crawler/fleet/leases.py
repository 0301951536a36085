"""The leases of one process, as Valkey knows them and as we know them; after every break the two are made to agree."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from crawler.fleet import scripts
from crawler.fleet.connection import away, client
from matchers import owners

HOLDER_S = 30.0
"""A holder that was silent for so long is gone, wherever it ran; on this machine its end is seen at once."""
HERE_S = 300.0
"""How much longer one may be silent that is known to live, on this machine: then it hangs."""
GRACE_S = 4.0
"""How long an emptied Valkey hands out nothing, so that everybody can say first what they hold."""
WINDOW = 4_000
"""Entries of a run that wait in Valkey; the others wait in the store. It bounds the memory of both sides."""
BEHIND = 10_000_000
"""An entry that was left behind once waits until all others were handed out."""
PRIORITY_LIMIT = 1_000_000
TURNS = 100_000
"""More turns at a site than fit into the window: they order entries of one priority, and no others."""


class Waiting(NamedTuple):
    """An entry that may be handed out: its id, priority, how often it was left behind, and its turn at its site.

    A new entry's turn is not known before the next refill: it comes after the first of every site.
    """

    id: int
    priority: int
    behind: int = 0
    turn: int = 1

    @property
    def score(self) -> str:
        """Where it stands in the order, the least first."""
        within = max(-PRIORITY_LIMIT, min(self.priority, PRIORITY_LIMIT))
        return f"{self.behind * BEHIND - within + min(self.turn, TURNS - 1) / TURNS:.6f}"


class SharedLeases:
    """What `holder` may work on. Raises FleetAway whenever Valkey cannot be asked; then nothing is known for sure."""

    def __init__(self, url: str, names: str) -> None:
        self._client = client(url)
        self._names = names
        self._scripts: dict[str, Any] = {}
        self._held: dict[int, dict[int, str]] = {}
        self._epoch = ""
        self._sure = False

    def _run(self, script: str, *arguments: str | float) -> Any:
        known = self._scripts.get(script)
        if known is None:
            known = self._scripts[script] = self._client.register_script(script)
        try:
            return known(keys=[self._names], args=arguments)
        except Exception as error:
            self._sure = False
            raise away(error) from error

    def take(self, run: int, holder: str, limit: int) -> tuple[list[int], int]:
        """Lease up to `limit` entries; return them, the most urgent first, and how many wait behind them.

        Hands out nothing while an emptied Valkey is gathering what others hold.
        """
        if not self._sure:
            self._agree(holder)
        said, *rest = self._run(scripts.LEASE, run, holder, limit, HOLDER_S, self._epoch, GRACE_S)
        if said == "epoch":
            self._epoch = rest[0]
            self._agree(holder)
            said, *rest = self._run(scripts.LEASE, run, holder, limit, HOLDER_S, self._epoch, GRACE_S)
        if said != "leased":
            return [], 0
        waiting, *pairs = rest
        leased = dict(zip(map(int, pairs[::2]), pairs[1::2], strict=True))
        self._held.setdefault(run, {}).update(leased)
        return list(leased), int(waiting)

    def add(self, run: int, entries: Iterable["Waiting"]) -> int:
        """Let entries wait, unless they are leased; return how many wait now."""
        pairs: list[str] = []
        for one in entries:
            # Ids of one length: entries of the same score are handed out in the order of their ids.
            pairs += [f"{one.id:012d}", one.score]
        return int(self._run(scripts.ADD, run, WINDOW, *pairs))

    def settled(self, run: int, holder: str, ids: Sequence[int]) -> None:
        """Forget entries that are settled, or that turned out to be settled already."""
        held = self._held.get(run, {})
        for number in ids:
            held.pop(number, None)
        if ids:
            self._run(scripts.SETTLE, run, holder, *(f"{number:012d}" for number in ids))

    def renew(self, holder: str) -> None:
        """Say that the holder lives."""
        epoch = self._run(scripts.RENEW, holder, HOLDER_S, self._epoch)
        if epoch:
            self._epoch, self._sure = epoch, False
        if not self._sure:
            self._agree(holder)

    def release(self, run: int, holder: str) -> int:
        """Give back everything the holder has of a run; return how much that was."""
        self._held.pop(run, None)
        return int(self._run(scripts.AGREE, run, holder))

    def _agree(self, holder: str) -> None:
        """Make Valkey know exactly what we hold: answers were lost, or everything was."""
        for run, held in list(self._held.items()):
            pairs = [part for number, score in held.items() for part in (f"{number:012d}", score)]
            self._run(scripts.AGREE, run, holder, *pairs)
        self._sure = True

    def take_back(self) -> list[list[int]]:
        """Take back what holders had that are gone; return the ids, holder by holder."""
        said = self._run(scripts.HOLDERS)
        taken = []
        for holder, left in zip(said[::2], said[1::2], strict=True):
            # Who lives on this machine may be starved of it for a while: that is no reason to do its work twice.
            silent = float(left) < (-HERE_S if owners.is_here(holder) else 0)
            if silent or owners.is_gone(holder):
                pairs = self._run(scripts.TAKE_BACK, holder, BEHIND)
                taken.append([int(number) for number in pairs[1::2]])
        return [ids for ids in taken if ids]

    def leased(self, run: int) -> int:
        """Return how many entries of a run are leased by anybody."""
        try:
            counted: Any = self._client.hlen(f"{self._names}:leased:{run}")
        except Exception as error:
            raise away(error) from error
        return int(counted)

    def forget(self, run: int) -> None:
        """Drop a run that has ended."""
        self._held.pop(run, None)
        try:
            self._client.unlink(f"{self._names}:waiting:{run}", f"{self._names}:leased:{run}")
        except Exception as error:
            raise away(error) from error
