"""Solely sees to it that a contact detail is used solely for what its owner gave it for.

from solely import Solely
with Solely(Path("data")) as solely:
    solely.match(...)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solely.app import Solely, init

__all__ = ["Solely", "init"]


def __getattr__(name: str) -> Any:
    """Load the application when it is asked for: the reader's process (audiences/lists/child.py) does without it."""
    if name not in __all__:
        raise AttributeError(name)
    from solely import app  # noqa: PLC0415 - see above

    return vars(app)[name]
