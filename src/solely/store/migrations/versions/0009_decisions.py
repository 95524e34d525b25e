"""The tables of campaigns (0009_decisions.sql), and advertising's rights to them."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
