"""Runs the migrations on the caller's connection, inside its transaction."""

from alembic import context

from services.recommender.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,  # db.py begins SQLite's transactions itself, so DDL is inside them
)
with context.begin_transaction():
    context.run_migrations()
