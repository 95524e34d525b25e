"""The page of factors as other programs meet it: guarded, told what is wrong, and the verbs behind it the real ones."""

import base64
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

import people
from authenticator import Authenticator
from pages import serving
from solely.verification import totp
from solely.web.security import security_page

pytestmark = pytest.mark.server

SERVE = """
import sys
from pathlib import Path
from solely.app import Solely
from solely.web.security import serve_security
with Solely(Path(sys.argv[1])) as solely:
    try:
        serve_security(solely.new_verification(), "alex", 0, ready=lambda address: print(address, flush=True))
    except KeyboardInterrupt:
        sys.exit(42)
"""


class Browser:
    """Asks as the page's own script does, unless told otherwise."""

    def __init__(self, url):
        self.url, self.http = url, httpx.Client(base_url=url)
        self.token = re.search('name="solely-token" content="(.+?)"', self.http.get("/").text)[1]

    def ask(self, path, content=None, **headers):
        said = {"X-Solely-Token": self.token, **{name.replace("_", "-"): one for name, one in headers.items()}}
        if content is None:
            return self.http.get(path, headers=said)
        return self.http.post(path, json=content, headers={"Origin": self.url, **said})

    def get(self, path, content=None):
        answer = self.ask(path, content)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def enrol(self, kind, answer, **more):
        """A factor enrolled and confirmed by what `answer` makes of its beginning."""
        begun = self.get("/api/enrol", {"kind": kind, **more})
        self.get("/api/answer", {"challenge": begun["challenge"], "factor": begun["factor"], "answer": answer(begun)})
        return begun

    def enrol_app(self, world, **more):
        begun = self.enrol("totp", lambda begun: app_of(begun).code(world.clock()), **more)
        world.clock.forward(seconds=30)
        return begun["factor"], app_of(begun)

    def enrol_passkey(self, **more):
        authenticator = Authenticator(origin=self.url)
        begun = self.enrol("passkey", lambda begun: authenticator.create(begun["passkey"]), **more)
        return begun["factor"], authenticator


def app_of(begun):
    return people.App(f"otpauth://totp/x?secret={begun['secret'].replace(' ', '')}")


@pytest.fixture
def browser(world, subject):
    with serving(lambda port: security_page(world.verification, subject, port)) as url:
        browser = Browser(url)
        with closing(browser.http):
            yield browser


@pytest.fixture(scope="module")
def door(verification):
    """The page of someone to whom nothing happens: for what is refused before anything is asked."""
    with serving(lambda port: security_page(verification, "nobody", port)) as url:
        browser = Browser(url)
        with closing(browser.http):
            yield browser


def refused(answer, status, error, where=None):
    """A problem of RFC 9457 that says what, where and the cure."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["status"], said["error"], said["type"]) == (status, error, "about:blank")
    assert said["what"]
    assert where is None or said["where"] == where
    return said


# -- the guard


@pytest.mark.parametrize("path", ["/", "/sign-in", "/security.js", "/security.css", "/api/factors", "/nowhere"])
def test_every_answer_is_kept_nowhere_and_runs_nothing_of_others(door, path):
    headers = door.ask(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["form-action"], policy["frame-ancestors"], policy["base-uri"]) == ("'none'",) * 3
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
    assert not any(name.startswith("access-control") for name in headers)


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_no_page_holds_script_or_style_within_it(door, path):
    html = door.ask(path).text
    assert re.findall("<script[^>]*>(.*?)</script>", html) == [""]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|https?://", html)


def test_what_a_person_is_called_is_shown_as_text(verification):
    with serving(lambda port: security_page(verification, "<b>&\"'", port)) as url:
        assert "How <em>&lt;b&gt;&amp;&#34;&#39;</em> signs in" in httpx.get(url).text


def test_a_strangers_domain_that_points_here_is_refused(door):
    refused(door.ask("/", Host="evil.example"), 400, "BadInput", "Host")


def test_an_address_leads_to_the_name_that_passkeys_are_bound_to(door):
    answer = httpx.get(door.url.replace("localhost", "127.0.0.1") + "/sign-in")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{door.url}/sign-in")


@pytest.mark.parametrize("token", ["", "00" * 32, "ü"])
def test_nothing_is_told_without_the_token_of_this_start(door, token):
    header = token.encode("latin-1").decode("latin-1")
    answer = door.http.get("/api/factors", headers={b"X-Solely-Token": header.encode("latin-1")})
    refused(answer, 403, "Refused", "x-solely-token")


def test_the_token_of_another_start_is_worth_nothing(door, verification):
    with serving(lambda port: security_page(verification, "nobody", port)) as url:
        refused(httpx.get(f"{url}/api/factors", headers={"X-Solely-Token": door.token}), 403, "Refused")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
def test_another_sites_page_changes_nothing(door, headers):
    refused(door.ask("/api/challenge", {}, **headers), 403, "Refused", "Origin")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_plain_form_could_send_is_not_read(door, kind):
    refused(door.ask("/api/challenge", {}, Content_Type=kind), 400, "BadInput", "Content-Type")


def test_more_than_an_answer_holds_is_not_read(door):
    refused(door.ask("/api/sign-in/name", {"name": "x" * 70_000}), 400, "BadInput", "Content-Length")
    headers = {"X-Solely-Token": door.token, "Origin": door.url, "Content-Type": "application/json"}
    answer = door.http.post("/api/sign-in/name", content=iter([b'{"name": "x"}']), headers=headers)
    refused(answer, 400, "BadInput", "Content-Length")


# -- errors


def test_what_is_no_request_is_named_by_its_place_and_not_said_again(door):
    answer = door.ask("/api/enrol", {"kind": "secret-word"})
    refused(answer, 400, "BadInput", "kind")
    assert "secret-word" not in answer.text
    refused(door.ask("/api/enrol", {"kind": "sms"}), 400, "BadInput", "kind")
    refused(door.ask("/api/enrol", {"kind": "totp", "more": 1}), 400, "BadInput", "more")


def test_what_is_not_there_is_a_problem_too(door):
    refused(door.ask("/docs"), 404, "NotFound")
    assert door.ask("/api/challenge").status_code == 405


def test_each_error_keeps_its_status_and_its_cure(browser, world):
    factor, app = browser.enrol_app(world)
    begun = browser.get("/api/challenge", {})
    given = {"challenge": begun["challenge"], "factor": factor}
    wrong = "12345x"
    said = refused(browser.ask("/api/answer", {**given, "answer": wrong}), 401, "WrongAnswer")
    assert said["cure"] == totp.CURES["wrong"]
    for _ in range(4):
        refused(browser.ask("/api/answer", {**given, "answer": wrong}), 401, "WrongAnswer")
    said = refused(browser.ask("/api/answer", {**given, "answer": app.code(world.clock())}), 429, "Throttled")
    assert said["retry_at"]
    refused(browser.ask("/api/enrol", {"kind": "passkey"}), 401, "ProofNeeded")
    refused(browser.ask("/api/answer", {**given, "challenge": factor, "answer": "1"}), 404, "NotFound")
    refused(browser.ask("/api/answer", {"challenge": begun["challenge"], "answer": "1"}), 401, "WrongAnswer")


# -- the verbs


def test_an_app_is_enrolled_by_what_is_shown_and_the_picture_holds_the_same(browser, world, subject):
    begun = browser.enrol("totp", lambda begun: app_of(begun).code(world.clock()), name=" Old phone ")
    uri = totp.uri(app_of(begun).secret, totp.Settings(), issuer="Solely", account=subject)
    picture = base64.b64decode(begun["qr"].removeprefix("data:image/svg+xml;base64,")).decode()
    assert picture == totp.qr_svg(uri).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    (listed,) = browser.get("/api/factors")
    assert (listed["name"], listed["kind"], listed["state"]) == ("Old phone", "totp", "active")
    assert not listed["phishing_resistant"]
    assert "secret" not in str(browser.get("/api/factors"))


def test_recovery_codes_are_shown_once_and_one_is_typed_back(browser):
    begun = browser.enrol("recovery-codes", lambda begun: begun["codes"][3].lower().replace("-", " "))
    assert len(begun["codes"]) == 10
    (listed,) = browser.get("/api/factors")
    assert listed["state"] == "active"
    assert begun["codes"][0] not in str(listed)


def test_of_several_passkeys_the_one_that_answered_is_the_proof(browser):
    first, one = browser.enrol_passkey()
    proof = prove(browser, one)["proof"]
    second, other = browser.enrol_passkey(name="Key", proof=proof)
    assert prove(browser, other)["aal"] == "aal2"
    assert {listed["id"] for listed in browser.get("/api/factors")} == {first, second}
    begun = browser.get("/api/challenge", {})
    stranger = Authenticator(origin=browser.url, user_handle=other.user_handle)
    given = {"challenge": begun["challenge"], "answer": stranger.get(begun["passkey"])}
    refused(browser.ask("/api/answer", given), 401, "WrongAnswer")


def prove(browser, authenticator):
    begun = browser.get("/api/challenge", {})
    given = authenticator.get(begun["passkey"])
    return browser.get("/api/answer", {"challenge": begun["challenge"], "answer": given})


def test_a_factor_goes_only_by_a_proof(browser):
    factor, authenticator = browser.enrol_passkey()
    refused(browser.ask("/api/remove", {"factor": factor}), 401, "ProofNeeded")
    begun = browser.get("/api/challenge", {})
    refused(browser.ask("/api/remove", {"factor": factor, "proof": begun["challenge"]}), 401, "ProofNeeded")
    proof = prove(browser, authenticator)["proof"]
    assert browser.ask("/api/remove", {"factor": factor, "proof": proof}).status_code == 204
    assert browser.get("/api/factors") == []


def test_whoever_answers_with_a_passkey_is_told_who_they_are(browser, subject):
    _, authenticator = browser.enrol_passkey()
    begun = browser.get("/api/sign-in", {})
    assert begun["passkey"]["allowCredentials"] == []
    assert begun["seconds"] == 600
    given = {"challenge": begun["challenge"], "answer": authenticator.get(begun["passkey"])}
    said = browser.get("/api/sign-in/answer", given)
    assert (said["subject"], said["aal"], said["phishing_resistant"]) == (subject, "aal2", True)
    assert said["amr"] == ["mfa", "swk", "user"]
    refused(browser.ask("/api/sign-in/answer", given), 404, "NotFound")


def test_a_name_and_a_code_sign_in_its_person_and_nobody_else(browser, world, subject):
    _, app = browser.enrol_app(world)
    other = f"{subject}-other"
    world.enrol_app(other)
    refused(browser.ask("/api/sign-in/name", {"name": other}), 404, "NotFound", "name")
    begun = browser.get("/api/sign-in/name", {"name": subject})
    (listed,) = begun["factors"]
    given = {"challenge": begun["challenge"], "factor": listed["id"], "answer": app.code(world.clock())}
    said = browser.get("/api/answer", given)
    assert (said["subject"], said["amr"], said["aal"], said["phishing_resistant"]) == (subject, ["otp"], "aal1", False)


def test_a_phone_is_listed_with_its_risk_and_asked_nothing(browser, world, subject):
    world.enrol_sent(subject, "sms")
    (listed,) = browser.get("/api/factors")
    assert listed["restricted"]
    assert browser.get("/api/sign-in/name", {"name": subject})["factors"] == []


def test_requests_that_come_at_once_are_served_one_after_another(browser):
    browser.enrol_passkey()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: browser.ask("/api/challenge", {}), range(32)))
    assert [answer.status_code for answer in answers] == [200] * 32


def test_it_serves_this_machine_until_it_is_interrupted(fresh):
    with subprocess.Popen([sys.executable, "-c", SERVE, fresh], stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip()
            answer = httpx.get(address)
            assert "How <em>alex</em> signs in" in answer.text
            assert "server" not in answer.headers
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 42
        finally:
            process.kill()
