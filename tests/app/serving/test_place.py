"""Each process is at a place of its own, and has no key file, port, user or folder of another."""

from itertools import combinations
from pathlib import Path

from solely.app.serve_settings import ServeSettings, read_serve_settings
from solely.app.serving.place import ACCOUNTS, GROUP, own_of, places, url
from solely.links.table import PROCESSES
from solely.store.roles import ROLES

HERE = Path("/data")


def test_there_is_one_for_each_process_and_together_they_have_every_key_file_once():
    found = places(HERE, ServeSettings(), apart=True)
    assert [one.name for one in found] == list(PROCESSES)
    assert sorted(name for one in found for name in one.own) == sorted(ROLES)
    assert own_of("registry") == {"registry", "desk"}


def test_no_two_share_anything():
    for one, other in combinations(places(HERE, ServeSettings(), apart=True), 2):
        assert not one.own & other.own
        for what in ("port", "account", "log", "temporary", "sockets"):
            assert getattr(one, what) != getattr(other, what)


def test_ports_follow_that_of_a_trial_and_where_none_is_named_each_takes_what_there_is():
    assert [one.port for one in places(HERE, ServeSettings(), apart=True)] == list(range(8421, 8428))
    settings = read_serve_settings(b"[listen]\nport = 0\nhost = '::1'\n", {}).settings
    assert {(one.host, one.port) for one in places(HERE, settings, apart=True)} == {("::1", 0)}


def test_it_is_told_how_it_is_asked():
    text = b"[listen]\nhost = '::1'\ntls-certificate = 'a'\ntls-key = 'b'\n"
    assert url(read_serve_settings(text, {}).settings, 8421) == "https://[::1]:8421"
    assert url(ServeSettings(), 8421) == "http://127.0.0.1:8421"


def test_users_are_of_a_range_that_is_given_to_nobody_and_none_is_the_group_s_number():
    assert all(60_706 <= number <= 61_183 for number in (GROUP, *ACCOUNTS.values()))
    assert GROUP not in ACCOUNTS.values()
    assert {one.account for one in places(HERE, ServeSettings(), apart=False)} == {None}
