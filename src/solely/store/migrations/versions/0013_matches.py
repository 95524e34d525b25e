"""How few entries are of matches: without it the planner reads the whole ledger, where their index has them."""

from alembic import op

revision = "0013"
down_revision = "0012"

# the words of the index of 0001
_UPLOAD = """(substring(encode(body, 'escape') FROM '"upload":"([0-9a-f-]{36})"'))"""


def upgrade() -> None:
    """Have it counted, now and whenever PostgreSQL looks at the table."""
    op.execute(f"CREATE STATISTICS ledger.uploads ON {_UPLOAD} FROM ledger.entries")
    op.execute("ANALYZE ledger.entries")
