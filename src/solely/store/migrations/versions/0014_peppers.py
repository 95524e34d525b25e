"""A pepper of passwords can be destroyed, as keys are (0014_peppers.sql)."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Put the function in the place of the one that knew of no pepper; who may call it stays."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
