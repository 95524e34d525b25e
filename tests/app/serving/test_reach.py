"""Where a database answers: as the settings name it, at the supervisor's door, or embedded."""

import psycopg
import pytest

from solely.app.serve_settings import ServeSettings, read_serve_settings
from solely.app.serving.reach import door, reached
from solely.errors import Unavailable
from solely.store.database import Database


def test_one_that_is_named_is_the_one_with_its_tls(tmp_path):
    text = b"[database]\nhost = 'db.example'\nport = 5433\ntls = 'verify-ca'\nca-file = '/ca.pem'\n"
    with reached(tmp_path, read_serve_settings(text, {}).settings) as database:
        assert database == Database("db.example", 5433, "verify-ca", "/ca.pem")


def test_a_supervised_process_keeps_no_server_running_and_goes_through_the_door(tmp_path):
    with reached(tmp_path, ServeSettings(), supervised=True) as database:
        assert database == Database(str(door(tmp_path)))


@pytest.mark.parametrize(
    ("database", "told"),
    [
        (Database("db.example"), {"sslmode": "verify-full", "sslrootcert": "system"}),
        (Database("db.example", tls="verify-ca", ca_file="/ca"), {"sslmode": "verify-ca", "sslrootcert": "/ca"}),
        (Database("db.example", tls="require"), {"sslmode": "require"}),
        (Database("/run/postgres"), {}),
    ],
)
def test_tls_is_demanded_of_a_server_by_name(database, told, monkeypatch):
    seen = []

    def connect(said="", **_options):
        seen.append(psycopg.conninfo.conninfo_to_dict(said))
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(Unavailable):
        database.login("ledger", "secret")
    assert seen == [told]
