"""The history of the registry's tables (Alembic), run when the registry is opened."""
