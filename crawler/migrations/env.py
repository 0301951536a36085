"""Alembic's door: run the migrations on the connection that crawler.migrations hands over."""

from alembic import context

import crawler.schema  # noqa: F401 - the tables join the metadata when the module is imported
from matchers.sightings import crawl_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=crawl_metadata,
    version_table="crawler_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
