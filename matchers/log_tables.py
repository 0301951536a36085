"""The tables of the sighting log in the crawl store, and the same hashes in columns for a quick look back."""

from datetime import UTC, datetime

import sqlalchemy as sa


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment: takes any aware time, always gives aware UTC back, on SQLite too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Refuse a time without a zone: it would be anyone's guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are stored with their zone; this one has none")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Return the time in UTC; SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


crawl_metadata = sa.MetaData()

sightings = sa.Table(
    "sightings",
    crawl_metadata,
    # 64 bits on PostgreSQL; SQLite wants INTEGER for a key that counts itself.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("page_url", sa.Text, nullable=False),
    sa.Column("picture_url", sa.Text, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False, index=True),
    sa.Column("page_key", sa.LargeBinary(32), nullable=False),  # SHA-256 of page_url: addresses outgrow an index
    sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("page_key", "content_digest", name="one_sighting_a_page_and_picture"),
    sqlite_autoincrement=True,  # an id is not given again after a purge: a cursor would miss it
)

sighting_blocks = sa.Table(
    "sighting_blocks",
    crawl_metadata,
    # The sightings after the last block up to last_id, as far as they are still kept. Rows of fingerprints in memory
    # order: a look at the past reads them from front to back and never the rows of the log.
    sa.Column("first_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("version", sa.String(4), nullable=False),
    sa.Column("ids", sa.LargeBinary, nullable=False),  # 8 bytes a frame: which sighting it belongs to
    sa.Column("whole", sa.LargeBinary, nullable=False),  # 256 bytes a frame: PDQ in eight orientations
    sa.Column("counts", sa.LargeBinary, nullable=False),  # 2 bytes a frame: how many patches it has
    sa.Column("patches", sa.LargeBinary, nullable=False),  # 16 bytes a patch: its bits, without where it lies
)

common_pictures = sa.Table(
    "common_pictures",
    crawl_metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # what the operator called the file
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
)

page_marks = sa.Table(
    "page_marks",
    crawl_metadata,
    sa.Column("page_key", sa.LargeBinary(32), primary_key=True),
    sa.Column("marked_at", UtcTime, nullable=False, index=True),
)
"""Pages with a match, and nothing about whose: links that stand there may lead to more (crawler.discovery)."""
