"""One person about whom there is something of every kind, and another; shared by the tests of what they may see."""

from datetime import UTC, datetime

from givings import row, write
from people import world
from solely.app.rights import objected
from solely.consent import Notice

WHO, OTHER = "=who", "somebody-else"  # an id that a spreadsheet would take for a formula
ADDRESS, NUMBER = "ada.lovelace@example.org", "+4915112345678"
START = datetime(2026, 7, 1, tzinfo=UTC)
PURPOSES = ("two-factor", "service-notice", "tailored-audiences", "partner-audiences", "ad-measurement")


def words(purpose):
    return f"What it is for: {purpose}.\nAnd no more."


def live(solely, folder):
    rows = [row(WHO, ADDRESS, purpose=one) for one in PURPOSES]
    rows += [row(WHO, NUMBER, purpose="two-factor"), row(OTHER, "bob@example.com", purpose="tailored-audiences")]
    path = write(folder, rows)
    for one in PURPOSES:
        (folder / "notices" / one).mkdir(exist_ok=True)
        (folder / "notices" / one / "v1.txt").write_text(words(one))
    assert solely.give_file(path, imported="january").given == 7
    notice = Notice("login-alert", "v1", words("login-alert"))
    solely.give(row(WHO, ADDRESS, purpose="login-alert"), notice)
    assert solely.withdraw(WHO, "login-alert") == 1
    customers = folder / "list.csv"
    customers.write_text(f"email\n{ADDRESS}\nbob@example.com\n")
    solely.match(customers, "acme", "summer")
    world(solely).enrol_app(WHO)
    objected(solely.parts, WHO, "partner-audiences")
