"""How much of a target's crawl may be rendered: a small share of its pages, and less where it never showed more.

Rendering costs forty times a page as sent (about 400 ms of CPU). What it gave is counted in the coverage of
each crawl and remembered for the target: places where it never showed a picture more are hardly rendered again.
"""

from dataclasses import dataclass
from math import ceil

from sqlalchemy import Engine, func, select

from crawler import schema

SUBJECT = "render"
GAINED, IN_VAIN = "gained", "in-vain"
UNSHOWN = frozenset({"render-crashed", "render-timeout", "browser-does-not-start"})
"""Why a browser showed nothing that may be otherwise later: somebody ended it, or the machine had no time."""
TRIALS = 3
"""Renderings in vain after which a target that never gained is left in peace."""
TRIAL_AGAIN = 200
"""Pages after which such a target gets one more."""


@dataclass(slots=True)
class RenderShare:
    """The share of one target and what was spent of it, over all crawls that are remembered."""

    share: float
    looked: int = 0
    gained: int = 0
    in_vain: int = 0

    @classmethod
    def remembered(cls, engine: Engine, target: str, share: float) -> "RenderShare":
        """Return the share with what earlier crawls of the target spent, and what came of it."""
        runs, counts = schema.runs, schema.run_coverage
        with engine.connect() as connection:
            looked = connection.scalar(select(func.sum(runs.c.pages)).where(runs.c.target == target)) or 0
            rows = connection.execute(
                select(counts.c.outcome, func.sum(counts.c.count))
                .join(runs, runs.c.id == counts.c.run_id)
                .where(runs.c.target == target, counts.c.subject == SUBJECT)
                .group_by(counts.c.outcome)
            )
            spent: dict[str, int] = {outcome: int(number) for outcome, number in rows}
        return cls(share, int(looked), spent.get(GAINED, 0), spent.get(IN_VAIN, 0))

    @property
    def pays(self) -> bool:
        """Whether rendering ever showed more pictures here."""
        return self.gained > 0

    def take(self) -> bool:
        """Take one rendering from the share, if it allows one: it counts as in vain until it gains."""
        spent = self.gained + self.in_vain
        if spent >= ceil(self.share * self.looked):
            return False
        if not self.pays and spent >= TRIALS + self.looked // TRIAL_AGAIN:
            return False
        self.in_vain += 1
        return True

    def paid(self) -> None:
        """The rendering that was taken showed more."""
        self.in_vain -= 1
        self.gained += 1

    def give_back(self) -> None:
        """The rendering that was taken could not be tried: there is no browser, which says nothing about the target."""
        self.in_vain -= 1
