"""What of a contact is shown: enough for its owner to know it again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.rights.masked import masked
from solely.contact import Contact


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "marie@example.org", "m•••@e•••.org"),
        ("email", "m@x.co.uk", "m•••@x•••.uk"),
        ("phone", "+442079460012", "+44 ••• ••12"),
        ("phone", "+12015550123", "+1 ••• ••23"),
    ],
)
def test_it_begins_and_ends_as_the_contact_does(kind, value, shown):
    assert masked(Contact.read(kind, value)) == shown


@given(st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True), st.from_regex(r"[a-z]{2,20}", fullmatch=True))
def test_how_long_an_address_is_does_not_show(local, name):
    assert len(masked(Contact("email", f"{local}@{name}.org"))) == len("m•••@e•••.org")
