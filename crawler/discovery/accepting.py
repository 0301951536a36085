"""From a candidate to a target: its name, its spider, and the evidence as the reason why we look there."""

from crawler.discovery.candidates import Candidate
from crawler.discovery.rooms import Room
from crawler.kinds import kinds, spider_for
from crawler.targets.model import CrawlTarget

WHY = {"announced": "announced", "beside-match": "beside a match"}


def as_target(candidate: Candidate, *, name: str | None = None, kind: str | None = None, depth: int = 2) -> CrawlTarget:
    """Return the target that this candidate would be; raise a CrawlerError that says what cannot be."""
    there = kinds()
    chosen = kind or (candidate.kind if candidate.kind in there else "pages")
    target = CrawlTarget(
        name=name or Room(candidate.kind, candidate.address).name,
        urls=(candidate.address,),
        kind=chosen,
        depth=depth,
        reason=reason_for(candidate),
    )
    spider_for(chosen, there).check(target)
    return target


def reason_for(candidate: Candidate) -> str:
    """Return in one line why this place is looked at."""
    if not candidate.evidence:
        return f"candidate {candidate.id}"
    first = candidate.evidence[-1]
    return f"candidate {candidate.id}: {WHY.get(first.why, first.why)} in {first.target} on {first.seen_at:%Y-%m-%d}"
