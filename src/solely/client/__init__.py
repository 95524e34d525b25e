"""The client of the HTTP API: the same verbs, from a platform's own processes.

from solely.client import Client, Notice
with Client("https://solely.internal", registry_key) as client:
    client.give("ana", "email", "ana@example.com", "two-factor", Notice(version="1", text="To sign you in."))
"""

from solely.client.client import Client
from solely.client.contacts import Giving, Kind, Notice, Recorded
from solely.client.keys import Compartment
from solely.client.retry import Retry

__all__ = ["Client", "Compartment", "Giving", "Kind", "Notice", "Recorded", "Retry"]
