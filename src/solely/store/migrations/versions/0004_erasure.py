"""Erasure (0004_erasure.sql), and who may ask for it."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table and the function, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
