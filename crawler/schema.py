"""The tables of the crawl store: public addresses, counts and times. Nothing about any person.

An address is found by `address_key`, the SHA-256 of its normal form, because addresses are longer than an index
likes.
"""

import hashlib

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
    text,
)

from matchers.sightings import UtcTime, crawl_metadata


def address_key(address: str) -> bytes:
    """Return the 32 bytes by which an address is found."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).digest()


targets = Table(
    "targets",
    crawl_metadata,
    Column("name", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("spec", Text, nullable=False),  # the CrawlTarget as JSON
    Column("paused", Boolean, nullable=False),
    Column("draining", Boolean, nullable=False, default=False, server_default=false()),
    Column("added_at", UtcTime, nullable=False),
)

runs = Table(
    "runs",
    crawl_metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String(64), nullable=False, index=True),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("ended_because", String(40)),
    Column("pages", Integer, nullable=False, default=0),
    Column("pictures", Integer, nullable=False, default=0),
    Column("known_pictures", Integer, nullable=False, default=0),
    Column("new_sightings", Integer, nullable=False, default=0),
    Column("bytes", BigInteger, nullable=False, default=0),
    # Only pages whose own interval has passed are asked for; the others are gone through from memory.
    Column("due_only", Boolean, nullable=False, default=False, server_default=false()),
    # Two crawlers that begin together must share one crawl of a target, not make two.
    Index(
        "runs_one_open",
        "target",
        unique=True,
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
)

run_refusals = Table(
    "run_refusals",
    crawl_metadata,
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)

run_coverage = Table(
    "run_coverage",
    crawl_metadata,
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", String(8), primary_key=True),  # page, picture or render
    Column("outcome", String(12), primary_key=True),  # see crawler.coverage.Looked, crawler.rendering
    Column("count", Integer, nullable=False),
)

frontier = Table(
    "frontier",
    crawl_metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String(64), nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("address_key", LargeBinary(32), nullable=False),
    Column("address", Text, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("hops", Integer, nullable=False, default=0),
    Column("priority", Integer, nullable=False, default=0),
    Column("site", Integer, nullable=False, default=0, server_default="0"),  # a number, see crawler.sites
    Column("callback", String(64), nullable=False, default="parse"),
    Column("note", Text, nullable=False, default="{}"),
    Column("state", String(8), nullable=False),  # waiting, leased, done, poison
    Column("tries", Integer, nullable=False, default=0),
    Column("abandoned", Integer, nullable=False, default=0),
    Column("not_before", UtcTime),
    Column("leased_by", String(200)),
    Column("leased_until", UtcTime),
    Column("reason", String(40)),
    Index("frontier_once", "target", "address_key", unique=True),
    Index("frontier_next", "run_id", "state", "abandoned", "priority", "site", "id"),
)

pages = Table(
    "pages",
    crawl_metadata,
    Column("target", String(64), primary_key=True),
    Column("address_key", LargeBinary(32), primary_key=True),
    Column("address", Text, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("status", Integer),
    Column("outcome", String(40), nullable=False),  # seen, or why not
    Column("pictures", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
    Column("etag", String(500)),
    Column("last_modified", String(100)),
    Column("title", String(200)),
    Column("body_digest", LargeBinary(32)),  # of the bytes as they came
    Column("gave_digest", LargeBinary(32)),  # of the pictures and links, whatever else the page says
    Column("gave", LargeBinary),  # the same, packed: what an unchanged page is gone through with
    Column("interval_s", Float),
    Column("due_at", UtcTime),
    Index("pages_due", "target", "run_id", "due_at"),
)

page_classes = Table(
    "page_classes",
    crawl_metadata,
    Column("target", String(64), primary_key=True),
    Column("shape", String(200), primary_key=True),  # an address with its numbers and names left open
    Column("interval_s", Float, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
)

read_ranges = Table(
    "read_ranges",
    crawl_metadata,
    Column("target", String(64), primary_key=True),
    Column("list", String(200), primary_key=True),
    Column("low", BigInteger, primary_key=True),
    Column("high", BigInteger, nullable=False),
    Column("at_start", Boolean, nullable=False),
    Column("read_at", UtcTime, nullable=False),
)

pictures = Table(
    "pictures",
    crawl_metadata,
    Column("address_key", LargeBinary(32), primary_key=True),
    Column("etag", String(500)),
    Column("last_modified", String(100)),
    Column("content_digest", LargeBinary(32), nullable=False, index=True),
    Column("fingerprint", LargeBinary),
    Column("refusal", String(40)),
    Column("since", UtcTime),
    Column("checked_at", UtcTime, nullable=False, index=True),
)

trails = Table(
    "trails",
    crawl_metadata,
    Column("page_key", LargeBinary(32), primary_key=True),
    Column("address_key", LargeBinary(32), primary_key=True),
    Column("target", String(64), nullable=False, index=True),
    Column("page_url", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("words", Text, nullable=False),
    Column("announced", Boolean, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False, index=True),
)

candidates = Table(
    "candidates",
    crawl_metadata,
    Column("id", Integer, primary_key=True),
    Column("address_key", LargeBinary(32), nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("state", String(8), nullable=False),  # open, accepted, declined
    Column("found_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime),
    Column("target", String(64)),  # the name under which it was accepted
)

candidate_evidence = Table(
    "candidate_evidence",
    crawl_metadata,
    Column("candidate_id", Integer, ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True),
    Column("page_key", LargeBinary(32), primary_key=True),
    Column("why", String(12), primary_key=True),  # beside-match or announced
    Column("target", String(64), nullable=False),
    Column("page_url", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

opt_outs = Table(
    "opt_outs",
    crawl_metadata,
    Column("host", String(255), primary_key=True),
    Column("added_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
)

site_days = Table(
    "site_days",
    crawl_metadata,
    Column("site", String(270), primary_key=True),  # a registrable domain, or host:port
    Column("day", String(10), primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

recheck_requests = Table(
    "recheck_requests",
    crawl_metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("done_at", UtcTime, index=True),
)

recheck_observations = Table(
    "recheck_observations",
    crawl_metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "request_id",
        Integer,
        ForeignKey("recheck_requests.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at", UtcTime, nullable=False),
    Column("status", Integer),
    Column("final_address", Text),
    Column("content_type", String(100)),
    Column("fingerprint", LargeBinary),
    Column("refusal", String(40)),
    Column("facts", Text),  # crawler.looking.Facts as JSON, but for the fingerprints
    Column("shown", LargeBinary),  # fingerprints of the pictures on a page, each after its length
)

long_work = Table(
    "long_work",
    crawl_metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),  # look-back, archive, ...: what is done, and nothing about whom
    Column("unit", String(20), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("told_at", UtcTime, nullable=False, index=True),
    Column("ended_at", UtcTime),
    Column("state", String(12), nullable=False),
    Column("first", BigInteger, nullable=False),  # done before it began, by an earlier try
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
)

OURS = (
    long_work,
    targets,
    runs,
    run_refusals,
    run_coverage,
    frontier,
    pages,
    page_classes,
    read_ranges,
    pictures,
    trails,
    candidates,
    candidate_evidence,
    opt_outs,
    site_days,
    recheck_requests,
    recheck_observations,
)
