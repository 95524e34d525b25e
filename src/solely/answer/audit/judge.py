"""Who is affected, as SQL over the tables that were read: one text for every engine.

1. `contact_keys`, `audience_keys`: each readable row by every digest it can be met by. A row meets another where
   a key is the same; keys are the first 16 bytes of a digest.
2. `reached`: one person, met by one audience row through a contact they had given by then, whatever for.
3. `lawful`: the givings that allow an aim, by contact point: whoever gave janedoe@gmail.com for advertising is not
   wronged through Jane.Doe@gmail.com.
4. `wronged`: of those reached, the ones without a lawful giving that stood at that moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from solely.answer.audit.dialect import Dialect
from solely.answer.audit.rules import ALGORITHMS, POINT, Rule, forms

__all__ = ["LABELS", "PURPOSES", "REACHED", "Keys", "allowed", "audiences", "contacts", "lawful", "wronged"]

LABELS = (
    "SELECT CAST(row_number() OVER (ORDER BY who, audience, aim) AS INT) AS label, who AS advertiser, audience, aim"
    " FROM (SELECT DISTINCT who, audience, aim FROM audiences_loaded WHERE who <> '') a"
)
PURPOSES = (
    "SELECT CAST(row_number() OVER (ORDER BY purpose) AS INT) AS why, purpose"
    " FROM (SELECT DISTINCT purpose FROM contacts_loaded) a"
)
REACHED = (
    "SELECT a.label, a.matched, c.subject, c.kind, c.why, c.point"
    " FROM contact_keys c JOIN audience_keys a ON a.key = c.key AND c.given <= a.matched"
)


def contacts(read: str) -> str:
    """Readable contacts; `own` is the point of a plain one."""
    own = f"CASE WHEN hashed = '' THEN key_of(sha2({POINT}, 256)) END AS own"
    return (
        f"SELECT who AS subject, why, given, gone, hashed, kind, text, alt, key, {own}"  # noqa: S608 - our own names
        f" FROM ({read}) r JOIN purposes p ON p.purpose = r.purpose"
    )


def audiences(read: str, first: int | None, end: int | None) -> str:
    """Readable audience rows of the period: from `first`, before `end`, in microseconds."""
    bounds = [f"matched >= {first}"] * (first is not None) + [f"matched < {end}"] * (end is not None)
    return (
        "SELECT label, matched, hashed, kind, text, alt, key"  # noqa: S608 - our own names
        f" FROM ({read}) r JOIN labels l ON l.advertiser = r.who AND l.audience = r.audience AND l.aim = r.aim"
        f" WHERE {' AND '.join(bounds) or 'true'}"
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys that rows are met by."""

    rules: Collection[Rule]
    dialect: Dialect

    def contacts(self, own: Collection[str], others: Collection[str]) -> str:
        """`own`, `others`: which digests the contacts, and the audience rows, are ('' for plain ones)."""
        return self._keys("contact_points", "subject, kind, why, given, point", own, others, "point")

    def audiences(self, own: Collection[str], others: Collection[str]) -> str:
        return self._keys("audiences", "label, matched", own, others, f"key_of(sha2({POINT}, 256))")

    def same_points(self, own: Collection[str]) -> str | None:
        """Contacts that are digests -> the plain contact's point whose digest they are; None where none can be."""
        hashed = set(own) - {""}
        if not hashed or "" not in own:
            return None
        plain = self._made("contacts", "own", hashed)
        return f"SELECT key, min(own) AS point FROM ({plain}) a GROUP BY key"  # noqa: S608 - our own names

    def points(self, same: str | None) -> str:
        """Contacts with their point: of a plain one its own, of a digest the plain one's it is made of, or itself."""
        kept = "c.subject, c.why, c.given, c.gone, c.hashed, c.kind, c.text, c.alt, c.key"
        if same is None:
            return f"SELECT {kept}, CASE WHEN c.hashed = '' THEN c.own ELSE c.key END AS point FROM contacts c"  # noqa: S608
        return (
            f"SELECT {kept}, c.own AS point FROM contacts c WHERE c.hashed = '' UNION ALL"  # noqa: S608 - our own names
            f" SELECT {kept}, coalesce(s.point, c.key) AS point FROM contacts c"
            " LEFT JOIN same_points s ON s.key = c.key WHERE c.hashed <> ''"
        )

    def _keys(self, table: str, kept: str, own: Collection[str], others: Collection[str], point: str) -> str:
        """Digests as they are; plain rows by their point where the others have plain ones, and by all their forms."""
        parts = []
        hashed = set(others) - {""}
        if set(own) - {""}:
            parts.append(f"SELECT {kept}, key FROM {table} WHERE hashed <> ''")  # noqa: S608 - our own names
        if "" in own and "" in others and not (table != "audiences" and "sha256" in hashed):
            parts.append(f"SELECT {kept}, {point} AS key FROM {table} WHERE hashed = ''")  # noqa: S608
        if "" in own and hashed:
            parts.append(self._made(table, kept, hashed))
        return " UNION ALL ".join(parts) or f"SELECT {kept}, key FROM {table} WHERE false"  # noqa: S608

    def _made(self, table: str, kept: str, algorithms: Collection[str]) -> str:
        """Plain rows by the digest of each of their forms."""
        cases = [
            f"WHEN {where} THEN array_distinct({self.dialect.array(items)})"
            for where, items in forms(self.rules).items()
        ]
        each = self.dialect.array(ALGORITHMS[name] for name in sorted(algorithms))
        explode = self.dialect.explode
        return (
            f"SELECT {kept}, key_of(digest) AS key FROM (SELECT {kept}, {explode}({each}) AS digest FROM"  # noqa: S608 - our own names
            f" (SELECT {kept}, {explode}(CASE {' '.join(cases)} END) AS form FROM {table} WHERE hashed = '') f"
            " WHERE form IS NOT NULL) d"
        )


def allowed(legal: Mapping[str, Collection[str]], aims: Iterable[str], dialect: Dialect) -> str:
    """`aim`, `purpose`: what allows what. An aim that `legal` does not name needs a giving for itself."""
    pairs = sorted((aim, purpose) for aim in aims for purpose in legal.get(aim, (aim,)))
    rows = ", ".join(f"({dialect.text(aim)}, {dialect.text(purpose)})" for aim, purpose in pairs)
    return f"SELECT aim, purpose FROM (VALUES {rows}) AS v(aim, purpose)"  # noqa: S608 - written as literals


def lawful() -> str:
    return (
        "SELECT a.aim, c.point, c.subject, c.given, c.gone FROM contact_points c"
        " JOIN purposes p ON p.why = c.why JOIN allowed a ON a.purpose = p.purpose"
    )


def wronged() -> str:
    """`label`, `subject`, `kind`, `why`, `month`: each once."""
    return (
        "SELECT DISTINCT r.label, r.subject, r.kind, r.why, month_of(r.matched) AS month"
        " FROM (SELECT e.*, l.aim FROM reached e JOIN labels l ON l.label = e.label) r"
        " ANTI JOIN lawful w ON w.point = r.point AND w.subject = r.subject AND w.aim = r.aim"
        " AND w.given <= r.matched AND w.gone > r.matched"
    )
