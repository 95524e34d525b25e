"""The table of lists on their way (0011_incoming.sql), and advertising's rights to it."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
