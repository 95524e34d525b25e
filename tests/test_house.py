"""The house rules that can be counted: sizes, a test for each module, what is exported, nothing left undone."""

import ast
import importlib
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "solely"
MODULES = sorted(p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts)
MAX_FILE, MAX_FUNCTION = 400, 50  # lines
_DOCTOR = ("database", "files", "look", "machine", "machine_facts", "shown")
TESTED_BY = {  # modules whose test has another name, for a reason
    "__main__.py": "cli/test_serve.py",
    "answer/affected_people.py": "answer/test_affected.py",
    "answer/elsewhere.py": "answer/test_affected.py",
    "answer/sources.py": "answer/test_uses.py",
    "app/uses.py": "answer/test_uses_proof.py",
    "cli/uses.py": "cli/test_affected.py",
    "audiences/lists/bounds.py": "audiences/lists/test_reading.py",
    "audiences/lists/report.py": "audiences/lists/test_reading.py",
    "audiences/lists/zygote.py": "audiences/lists/test_readers.py",
    "app/environment.py": "test_cli.py",
    "app/files.py": "test_cli.py",
    "app/audit.py": "test_main_job.py",
    "app/create.py": "test_cli.py",
    "app/manifest.py": "app/test_backup.py",
    **{f"app/doctor/{one}.py": "app/doctor/test_doctor.py" for one in _DOCTOR},
    "store/rights.py": "app/doctor/test_doctor.py",
    "cli/backup.py": "cli/test_restore.py",
    "cli/migrate.py": "app/test_migrate.py",
    "store/dump.py": "app/test_restore.py",
    "app/directory.py": "test_cli.py",
    "cli/audience.py": "test_cli.py",
    "cli/preferences.py": "cli/test_object.py",
    "app/rights.py": "answer/rights/test_held.py",
    "answer/rights/page.py": "answer/rights/test_export.py",
    "answer/rights/told.py": "answer/rights/test_export.py",
    "cli/export.py": "cli/test_held.py",
    "cli/receipt.py": "cli/test_held.py",
    "give/objection.py": "give/test_choosing.py",
    "cli/audit.py": "test_cli.py",
    "cli/give.py": "test_cli.py",
    "answer/incidents/settings.py": "app/test_incident_settings.py",
    "cli/incident_io.py": "cli/test_incident.py",
    "cli/init.py": "test_cli.py",
    "cli/ledger.py": "test_cli.py",
    "cli/main.py": "test_cli.py",
    "cli/approval.py": "cli/test_principal.py",
    "cli/principal_io.py": "cli/test_principal.py",
    "cli/match.py": "test_cli.py",
    "cli/terminal.py": "test_cli.py",
    "cli/verify_factors.py": "cli/test_verify.py",
    "cli/verify_io.py": "cli/test_verify.py",
    "cli/verify_page.py": "cli/test_verify.py",
    "cli/verify_people.py": "cli/test_verify.py",
    "answer/audit/dialect.py": "answer/audit/test_engines.py",
    "answer/audit/duck.py": "answer/audit/test_engines.py",
    "answer/audit/engine.py": "answer/audit/test_engines.py",
    "answer/audit/files.py": "answer/audit/test_run.py",
    "answer/audit/report.py": "answer/audit/test_run.py",
    "answer/audit/spark.py": "answer/audit/test_engines.py",
    "links/answers.py": "app/test_links.py",
    "keys/capabilities.py": "keys/test_keyring.py",
    "keys/file.py": "keys/test_keyring.py",
    "client/told.py": "client/test_advertising.py",
    "client/django/urls.py": "client/django/test_views.py",
    "client/pages/check.py": "client/pages/test_accounts.py",
    "client/pages/look.py": "client/pages/test_pages.py",
    "client/pages/visit.py": "client/pages/test_pages.py",
    "store/rotation.py": "rotation/test_rows.py",
    "store/migrate.py": "store/test_database.py",
    "store/incoming.py": "audiences/test_upload.py",
    "web/api/taking.py": "web/api/test_uploads.py",
    "store/requests.py": "web/api/test_once.py",
    "web/api/incident_words.py": "web/api/test_incidents.py",
    "web/api/principal_words.py": "web/api/test_principals.py",
    "web/api/answer.py": "web/api/test_once.py",
    "web/api/calls.py": "web/api/test_once.py",
    "web/api/times.py": "web/api/test_traces.py",
    **{f"web/api/{one}.py": "web/api/test_door.py" for one in ("app", "bounds", "caller", "health", "metrics")},
    "web/api/routes.py": "web/api/test_matrix.py",
    "web/api/signal.py": "web/api/test_preferences.py",
    "web/api/holding.py": "web/api/test_rights.py",
}


def name(path):
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_files_and_functions_keep_their_size(module):
    text = module.read_text()
    assert text.count("\n") <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION, node.name


@pytest.mark.parametrize("module", [m for m in MODULES if m.name != "__init__.py"], ids=name)
def test_each_module_has_its_test(module):
    usual = f"{module.parent.relative_to(SOURCE)}/test_{module.name}"
    assert (ROOT / "tests" / TESTED_BY.get(name(module), usual)).exists()


@pytest.mark.parametrize("module", [m for m in MODULES if "__all__" in m.read_text()], ids=name)
def test_what_a_module_exports_is_there_and_sorted(module):
    parts = module.relative_to(SOURCE.parent).with_suffix("").parts
    loaded = importlib.import_module(".".join(part for part in parts if part != "__init__"))
    exported = [vars(loaded).get(one) or getattr(loaded, one) for one in loaded.__all__]
    assert len(exported) == len(set(loaded.__all__))


def test_nothing_is_left_undone():
    for module in MODULES:
        assert not re.search(r"\b(TODO|FIXME)\b|raise NotImplementedError", module.read_text()), module


def test_no_lock_names_a_registry():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--find-links", text), lock


def test_a_pin_carries_the_extras_that_are_asked_of_it():
    """Else pip finds coverage[toml] unpinned beside coverage==7, from the day a newer one is there."""
    pins = re.findall(r"^([\w.-]+)(?:\[([\w,-]+)\])?==", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    extras = {canonicalize_name(one): set(asked.split(",")) for one, asked in pins}
    asked = [Requirement(text) for one in extras for text in metadata.requires(one) or []]
    asked += [
        Requirement(line) for line in (ROOT / "requirements" / "run.in").read_text().splitlines() if line[:1] != "#"
    ]
    wanted = [one for one in asked if one.extras and (one.marker is None or one.marker.evaluate({"extra": ""}))]
    assert {canonicalize_name(one.name) for one in wanted} >= {"coverage", "psycopg"}
    for one in wanted:
        assert one.extras <= extras[canonicalize_name(one.name)], one.name


def test_no_file_is_tracked_that_a_run_makes():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert not re.search(r"(^|/)(__pycache__|\.venv|\.mypy_cache)/|\.(key|pyc)$", tracked, re.MULTILINE)
