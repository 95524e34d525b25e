"""Alembic's entry: runs the versions on the connection that database.py hands over."""

from typing import Any

from alembic import context

made = context.config.attributes.get("made", [])


def note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:  # noqa: ARG001 - Alembic names them
    """Tell whoever asked which migrations were made."""
    made.append(step.up_revision_id)


context.configure(
    connection=context.config.attributes["connection"], version_table_schema="public", on_version_apply=note
)
with context.begin_transaction():
    context.run_migrations()
