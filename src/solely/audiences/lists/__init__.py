"""Customer lists: read any, in a process of its own, and get the digests of usable cells and a report of the rest."""

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.reading import Opened, Reading, read_list
from solely.audiences.lists.reasons import CURES
from solely.audiences.lists.report import ListReport

__all__ = ["CURES", "Bounds", "ListReport", "Opened", "Reading", "read_list"]
