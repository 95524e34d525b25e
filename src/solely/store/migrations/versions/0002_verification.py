"""The tables of two-step verification (0002_verification.sql), and the security role's rights to them."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
