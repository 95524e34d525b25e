"""The tables of principals (0006_principals.sql), once in each compartment: no key is known in two."""

from pathlib import Path

from alembic import op
from psycopg import sql

from solely.store.roles import grant

revision = "0006"
down_revision = "0005"

_SCHEMAS = ("security", "service", "advertising", "measurement", "discovery", "registry", "ledger")
_AGREEMENTS = """
-- for which advertisers a partner acts, and when
CREATE TABLE advertising.agreements (
    partner text NOT NULL,
    advertiser text NOT NULL,
    begins timestamptz NOT NULL,
    ends timestamptz,
    PRIMARY KEY (partner, advertiser)
);
"""


def upgrade() -> None:
    """Make the tables, then give each role its own and nothing else."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    tables = Path(__file__).with_suffix(".sql").read_text()
    for schema in _SCHEMAS:
        connection.execute(sql.SQL(tables).format(schema=sql.Identifier(schema)))
    connection.execute(_AGREEMENTS)
    grant(connection)
