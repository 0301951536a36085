"""Alembic's door: run the migrations on the connection that crawler.migrations hands over."""

from alembic import context

from crawler import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.crawl_metadata,
    version_table="crawler_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
