"""Alembic's entry: runs migrations on the connection that `schema` hands over, in its transaction."""

from alembic import context

from meteo_api.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
)
context.run_migrations()
