"""Accounts are Django's own users: made, found, signed in, removed; and no subject is ever anybody else's."""

import pytest

from solely.errors import BadInput, Conflict

pytestmark = pytest.mark.server


@pytest.fixture
def accounts(project):
    from solely.client.django.accounts import UserAccounts  # noqa: PLC0415 - Django reads its settings first

    return UserAccounts()


@pytest.fixture
def users(project):
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - as above

    return get_user_model().objects


def test_a_user_is_made_whose_password_is_none_of_djangos(accounts, users, subject):
    made = accounts.create(None, subject)
    assert accounts.find(None, subject) == made
    assert not users.get(username=subject).has_usable_password()
    with pytest.raises(Conflict):
        accounts.create(None, subject)


@pytest.mark.parametrize("name", ["a b", "x" * 151, "", "a\x00b"])
def test_a_name_that_django_does_not_take_is_told(accounts, name):
    with pytest.raises(BadInput):
        accounts.create(None, name)


def test_one_name_has_one_spelling(accounts, subject):
    made = accounts.create(None, f"{subject}-\N{FULLWIDTH LATIN SMALL LETTER A}")
    assert accounts.find(None, f"{subject}-a") == made
    with pytest.raises(Conflict):
        accounts.create(None, f"{subject}-a")


def test_who_is_removed_is_nobody_and_their_subject_comes_never_again(accounts, users, subject):
    made = accounts.create(None, subject)
    key = users.get(username=subject).pk
    accounts.remove(None, made)
    assert accounts.find(None, subject) is None
    users.create(pk=key, username=subject)  # as a database without memory would
    again = accounts.find(None, subject)
    assert again != made
    accounts.remove(None, made)
    assert accounts.find(None, subject) == again


def test_who_may_not_sign_in_is_nobody(accounts, users, subject):
    accounts.create(None, subject)
    users.filter(username=subject).update(is_active=False)
    assert accounts.find(None, subject) is None
