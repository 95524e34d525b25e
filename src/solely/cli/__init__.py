"""The verbs in a terminal. Thin: it reads options, calls `app`, prints; every rule stands elsewhere.

Exit codes: 0 done, 1 a fault of Solely's own, 2 input (or a command) that can't be read, 3 refused,
4 not found, 5 conflict, 6 tampered, 7 unavailable (errors.py), 8 the doctor found what is not for production.
With --json the answer, or the error, is one JSON object on standard output.
"""

from solely.cli.main import main

__all__ = ["main"]
