"""The first schema (0001_ground.sql), its roles' rights, and a closed catalogue."""

from pathlib import Path

from alembic import op

from solely.store.roles import close_catalogue, grant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the schemas, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    grant(connection)
    close_catalogue(connection)
