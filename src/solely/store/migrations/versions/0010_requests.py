"""The tables of answers kept (0010_requests.sql), once in each compartment."""

from pathlib import Path

from alembic import op
from psycopg import sql

from solely.store.roles import grant

revision = "0010"
down_revision = "0009"

_SCHEMAS = ("security", "service", "advertising", "measurement", "discovery", "registry", "ledger")


def upgrade() -> None:
    """Make the tables, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    tables = Path(__file__).with_suffix(".sql").read_text()
    for schema in _SCHEMAS:
        connection.execute(sql.SQL(tables).format(schema=sql.Identifier(schema)))
    grant(connection)
