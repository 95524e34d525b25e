"""Who calls: kinds of principals, what each may do, their keys, and the tokens of single people.

Pure: no clock, no randomness, no store. What is kept of principals is in store/principals.py; who checks a key is
app/principals.py.
"""

from solely.principal.api_key import PATTERN, digest_of, new_key
from solely.principal.rights import ACTS, ADDS, HOMES, KINDS, LOOKS, OWN, RIGHTS, TWO, Home, Kind
from solely.principal.subject_token import Said, read_token, write_token
from solely.principal.who import Agreement, Operator, Principal

__all__ = [
    "ACTS",
    "ADDS",
    "HOMES",
    "KINDS",
    "LOOKS",
    "OWN",
    "PATTERN",
    "RIGHTS",
    "TWO",
    "Agreement",
    "Home",
    "Kind",
    "Operator",
    "Principal",
    "Said",
    "digest_of",
    "new_key",
    "read_token",
    "write_token",
]
