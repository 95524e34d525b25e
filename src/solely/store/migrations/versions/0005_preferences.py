"""What people chose about marketing (0005_preferences.sql)."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table, and erasure anew, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
