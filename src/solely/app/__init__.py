"""Settings in, wired application out: the one reader of clock, environment and randomness."""

from solely.app.create import init
from solely.app.environment import directory_from_environment, is_wrapped
from solely.app.solely import Solely

__all__ = ["Solely", "directory_from_environment", "init", "is_wrapped"]
