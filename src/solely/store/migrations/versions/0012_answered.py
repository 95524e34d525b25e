"""Which request a challenge was answered by: asked again, it is told again what it proved."""

from alembic import op

from solely.store.roles import grant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """One column, empty in what stands, and security's right to it."""
    op.execute("ALTER TABLE security.challenges ADD COLUMN request bytea")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    grant(connection)
