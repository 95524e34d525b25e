"""The desk: where people's contacts come in, each handed to the one compartment of its purpose."""

from solely.give.desk import Desk, Given
from solely.give.intake import Intake

__all__ = ["Desk", "Given", "Intake"]
