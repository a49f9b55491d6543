"""Runs the scripts in the transaction of whoever called Alembic: a migration is whole, or it was not."""

from __future__ import annotations

from alembic import context

from index.database.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
