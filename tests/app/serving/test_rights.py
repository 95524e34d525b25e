"""In a directory whose processes are users of their own, each reads and writes what is its own, and nothing else."""

import os
import stat
import subprocess

import pytest

from solely.app.doctor import examine
from solely.app.serve_settings import ServeSettings
from solely.app.serving.place import ACCOUNTS, GROUP, SENDERS, places
from solely.app.serving.reach import door
from solely.app.serving.rights import prepare

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
SECRET = """
[[email]]
name = "mail"
host = "mail.example.com"
address = "no-reply@example.com"
user = "solely"
password-file = "mail.secret"
"""


def prepared(directory, *, apart):
    prepare(directory, places(directory, ServeSettings(), apart=apart))
    return directory


def readable(directory, account, groups=()):
    """The files of a directory that a user of the group can read, by asking as that user; it knows all names."""
    files = [str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()]
    files = [name for name in files if not name.startswith("postgres/") or name.endswith("PG_VERSION")]
    look = 'for one; do (exec < "$one") 2>/dev/null && printf "%s\\n" "$one"; done; exit 0'

    def become():
        os.setgroups(list(groups))
        os.setresgid(GROUP, GROUP, GROUP)
        os.setresuid(account, account, account)

    command = ["/bin/sh", "-c", look, "sh", *files]
    done = subprocess.run(command, cwd=directory, preexec_fn=become, stdout=subprocess.PIPE, text=True, check=True)
    return set(done.stdout.split("\n")) - {""}


@AS_ROOT
def test_each_user_can_read_its_own_and_the_settings_and_no_other(fresh):
    (fresh / "verification.toml").write_text(SECRET)
    (fresh / "mail.secret").write_text("s")
    (fresh / "mail.secret").chmod(0o600)
    (fresh / "ledger.toml").write_text("")
    (fresh / "solely.toml").write_text("[listen]\ntls-certificate = 'tls.pem'\ntls-key = 'tls.key'\n")
    for name in ("tls.pem", "tls.key"):
        (fresh / name).write_text("")
        (fresh / name).chmod(0o600)
    for folder, name in (("advertising", "index.arrow"), ("registry", "erased"), ("answers", "givings")):
        (fresh / folder).mkdir(exist_ok=True)
        (fresh / folder / name).write_text("")
        (fresh / folder / name).chmod(0o600)
    prepared(fresh, apart=True)
    found = places(fresh, ServeSettings(), apart=True)
    can = {place.name: readable(fresh, place.account, place.groups) for place in found}
    shared = {"policy.toml", "verification.toml"} | {name for name in can["discovery"] if not name.startswith("keys/")}
    assert shared == {"policy.toml", "verification.toml", "solely.toml", "tls.pem", "tls.key"}
    assert not any(name.startswith(("postgres/", "log/", "ledger/", "run/", "tmp/")) for name in shared)
    own = {name: found - shared for name, found in can.items()}
    assert own["security"] == {"keys/security.key", "mail.secret"}
    assert own["advertising"] == {"keys/advertising.key", "advertising/index.arrow"}
    assert own["registry"] == {"keys/registry.key", "keys/desk.key", "registry/erased", "answers/givings"}
    assert own["ledger"] >= {"keys/ledger.key", "ledger/checkpoint"}
    assert own["service"] == {"keys/service.key", "mail.secret"}
    for name in ("measurement", "discovery"):
        assert own[name] == {f"keys/{name}.key"}
    assert {one.name for one in found if SENDERS in one.groups} == {"security", "service"}
    assert readable(fresh, GROUP - 1) & {"keys/owner.key"} == set()


@AS_ROOT
def test_nobody_outside_the_group_may_enter_and_the_doctor_is_content(fresh):
    prepared(fresh, apart=True)
    for folder in (fresh, fresh / "keys", fresh / "run", door(fresh)):
        assert folder.stat().st_mode & stat.S_IRWXO == 0
    assert not [one for one in examine(fresh).found["rights of files"] if one.level == "bad"]


@AS_ROOT
def test_what_root_left_since_is_given_back_and_a_name_of_somebody_else_s_file_is_not(fresh, tmp_path):
    prepared(fresh, apart=True)
    other = tmp_path / "other"
    other.write_text("")
    (fresh / "advertising" / "linked").hardlink_to(other)
    (fresh / "advertising" / "named").symlink_to(other)
    (fresh / "advertising" / "new").write_text("")
    (fresh / "advertising" / "new").chmod(0o600)
    prepared(fresh, apart=True)
    assert (fresh / "advertising" / "new").stat().st_uid == ACCOUNTS["advertising"]
    assert other.stat().st_uid == 0


def test_without_users_of_their_own_nothing_is_given_away(fresh):
    before = {path: (path.stat().st_mode, path.stat().st_uid) for path in (fresh, *(fresh / "keys").iterdir())}
    prepared(fresh, apart=False)
    assert {path: (path.stat().st_mode, path.stat().st_uid) for path in before} == before
    assert (fresh / "run" / "security").is_dir()
