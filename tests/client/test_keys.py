"""Keys a client holds: the right one, never shown, never sent in the clear."""

import copy
import pickle
import secrets

import pytest

from solely.client.keys import COMPARTMENTS, Keys, check_address
from solely.errors import BadInput, Unauthenticated
from solely.principal import HOMES
from solely.principal.api_key import CODES, new_key


def key(home):
    return new_key(home, secrets.token_bytes(32))[0]


def test_each_compartment_the_service_has_is_known():
    assert COMPARTMENTS == HOMES
    for home in HOMES:
        assert CODES[home] == home[:3]
        one = key(home)
        assert Keys([one]).header(home) == {"authorization": f"Bearer {one}"}


def test_a_key_is_shown_to_its_own_compartment_alone():
    keys = Keys([key("registry"), key("security")])
    assert keys.one_of(["advertising", "security", "registry"]) == "security"
    with pytest.raises(Unauthenticated) as told:
        keys.header("advertising")
    assert told.value.where == "advertising"
    with pytest.raises(Unauthenticated):
        keys.one_of(["advertising", "ledger"])


@pytest.mark.parametrize(
    "wrong", [[], ["hunter2hunter2"], ["solely_xyz_abc"], [key("registry"), key("registry")], ["solely_reg_a\nb"]]
)
def test_what_is_no_key_is_not_told_again(wrong):
    with pytest.raises(BadInput) as told:
        Keys(wrong)
    assert not any(one in str(told.value) for one in wrong)


def test_keys_do_not_print_pickle_or_copy():
    one = key("registry")
    keys = Keys([one])
    assert repr(keys) == str(keys) == "Keys(registry)"
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            write(keys)


@pytest.mark.parametrize("right", ["https://solely.internal", "http://localhost:8420/", "http://127.0.0.1:8420"])
def test_a_key_goes_to_https_or_to_this_machine(right):
    assert check_address(right, plain_http=False) == right.rstrip("/")


@pytest.mark.parametrize(
    "wrong",
    [
        "http://solely.internal",
        "ftp://localhost",
        "solely.internal",
        "https://user@solely.internal",
        "https://solely.internal?x",
        "https://[",
        "",
    ],
)
def test_and_nowhere_else(wrong):
    with pytest.raises(BadInput):
        check_address(wrong, plain_http=False)


def test_but_where_the_network_between_is_said_to_be_ones_own():
    assert check_address("http://solely:8420", plain_http=True) == "http://solely:8420"
