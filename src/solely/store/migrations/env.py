"""Alembic's entry: runs the versions on the connection that database.py hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
