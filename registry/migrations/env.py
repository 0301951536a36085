"""Alembic's entry: run the migrations on the connection, and in the transaction, of the caller."""

from alembic import context

from registry.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
