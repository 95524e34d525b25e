"""The tables of incidents (0003_incidents.sql), and the registry role's rights to them."""

from pathlib import Path

from alembic import op

from solely.store.roles import grant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
