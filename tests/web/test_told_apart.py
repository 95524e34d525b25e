"""People are told of an incident by the service as it is deployed: asked for in one process, sent by another.

The service compartment's process opens the contacts and has the mail server's password; the registry's has neither.
"""

import os
import time

import httpx
import pytest

from deployed import deployed
from directories import copied
from mailboxes import PASSWORD, USER, Mailboxes
from solely.app import Solely
from solely.principal import Operator
from solely.web.api.caller import principals
from told import affect, sends, taken

pytestmark = [pytest.mark.server, pytest.mark.slow]
LOGIN = f'user = "{USER}"\npassword-file = "mail.secret"'


@pytest.fixture
def directory(made, tmp_path_factory):
    """Where every user may look up a path, as the service's own users do."""
    return copied(made, tmp_path_factory.mktemp("told") / "data")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # of the server, on this machine
def test_an_officer_has_people_told_and_their_contacts_are_opened_where_their_keys_are(directory, tmp_path):
    subjects = [f"person-{number}" for number in range(5)]
    with Mailboxes(login=True) as mail:
        sends(directory, mail.port, LOGIN)
        (directory / "mail.secret").write_text(PASSWORD + "\n")
        (directory / "mail.secret").chmod(0o600)
        with Solely(directory) as solely:
            incident = affect(solely, tmp_path, subjects)
            key = principals(solely.parts, "registry").add(Operator(), "eva", "officer").key
        with deployed(directory) as service:
            headers = {"authorization": f"Bearer {key}"}
            with httpx.Client(base_url=f"{service.urls['registry']}/v1/incidents/{incident}", headers=headers) as eva:
                answer = eva.post("/notify", json={}, timeout=30)
                assert (answer.status_code, answer.json()["states"]["waiting"]) == (202, 5)
                end = time.monotonic() + 60
                while (states := eva.get("/progress").json()["states"])["sent"] < 5:
                    assert time.monotonic() < end, states
                    time.sleep(0.2)
            secret = directory / "mail.secret"
            if os.geteuid() == 0:
                groups = {name: service.groups(name) for name in service.urls}
                assert {name for name, found in groups.items() if secret.stat().st_gid in found} == {
                    "security",
                    "service",
                }
                assert oct(secret.stat().st_mode & 0o777) == "0o640"
            said = [line["event"] for name in ("registry", "service") for line in service.log(name)]
            assert not [event for event in said if "told" in event or "failed" in event]
        assert taken(mail) == sorted(f"{one}@example.org" for one in subjects)
        with Solely(directory) as solely:
            acts = solely.uses("person-0").uses.acts
    assert [act.what for act in acts if act.purpose == "service-notice"] == ["giving", "notice", "send"]
