"""Settings in, wired application out: the one reader of clock, environment and randomness."""

from solely.app.create import SHIPPED_POLICY, init
from solely.app.environment import directory_from_environment
from solely.app.key_files import is_wrapped
from solely.app.solely import Solely

__all__ = ["SHIPPED_POLICY", "Solely", "directory_from_environment", "init", "is_wrapped"]
