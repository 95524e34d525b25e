"""Rotated and destroyed keys (0008_keys.sql), and who may move rows from one to the next."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables and functions, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
