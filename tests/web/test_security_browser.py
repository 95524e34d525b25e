"""A real browser with authenticators in software: passkeys made, used, copied and spoiled, on the page as a person."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect, sync_playwright

import people
from pages import BUILT_IN, CHROMIUM, FLAGS, NEEDS_CHROMIUM, serving
from solely.store.security import factors
from solely.web.security import security_page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.server,
    NEEDS_CHROMIUM,
]
KEY = BUILT_IN | {"transport": "usb", "hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}
# A browser that offers no passkeys where the name is typed: signing in waits for the button.
NO_AUTOFILL = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"

# One whose autofill waits for a choice, and which like all of them answers one question at a time. (Authenticators
# in software choose at once, or never.)
AUTOFILL_WAITS = """
const get = navigator.credentials.get.bind(navigator.credentials);
const now = () => document.documentElement.dataset;
navigator.credentials.get = (options) => {
  if (options.mediation !== "conditional")
    return now().waits ? Promise.reject(new DOMException("one at a time", "OperationError")) : get(options);
  if (options.signal.aborted) return Promise.reject(options.signal.reason); // taken back before it was asked
  now().waits = "yes";
  return new Promise((_, refuse) => options.signal.addEventListener("abort", () => {
    delete now().waits;
    refuse(options.signal.reason);
  }));
};
"""


@pytest.fixture(scope="module")
def chromium():
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Someone at the browser, who uses the page by what it says."""

    def __init__(self, page, url, world, subject):
        self.page, self.url, self.world, self.subject = page, url, world, subject
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")

    def plug(self, kind=BUILT_IN):
        return self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": kind})["authenticatorId"]

    def say(self, command, authenticator, **more):
        return self.cdp.send(f"WebAuthn.{command}", {"authenticatorId": authenticator, **more})

    def press(self, name, within="main"):
        self.page.locator(within).get_by_role("button", name=name, exact=True).click()

    def open(self, path="/"):
        self.page.goto(self.url + path)

    def told(self, words, place="#status"):
        expect(self.page.locator(place)).to_contain_text(words)

    def add_passkey(self, name=""):
        self.open()
        self.page.get_by_label("Name").first.fill(name)
        self.press("Add a passkey")

    def enrolled(self, kind=BUILT_IN):
        """One passkey on an authenticator of that kind; returns the authenticator."""
        authenticator = self.plug(kind)
        self.add_passkey()
        self.told("The passkey was added.")
        return authenticator

    def by_button(self):
        self.page.add_init_script(NO_AUTOFILL)
        self.open("/sign-in")
        self.press("Use a passkey")

    def autofill_waits(self):
        expect(self.page.locator("html[data-waits]")).to_have_count(1)

    def signed_in(self):
        """What the page says of who signed in."""
        expect(self.page.get_by_role("heading", name="Signed in")).to_be_focused()
        fields = ("subject", "amr", "aal", "resistant")
        return tuple(self.page.locator(f"#result-{name}").inner_text() for name in fields)

    def failures(self):
        verification = self.world.verification
        pseudonym = verification.find([self.subject])[self.subject]
        return [row.failures for row in factors.of(verification.security.connection, pseudonym)]


@pytest.fixture
def person(chromium, world, subject):
    with serving(lambda port: security_page(world.verification, subject, port)) as url, a_page(chromium) as page:
        yield Person(page, url, world, subject)


@contextmanager
def a_page(chromium, **options):
    """A page in a profile of its own, on which no script failed and the policy blocked nothing."""
    context, wrong = chromium.new_context(**options), []
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Policy" in line.text else None)
    yield page
    context.close()
    assert wrong == []


def test_a_passkey_is_enrolled_and_listed_as_phishing_resistant(person):
    authenticator = person.plug()
    person.add_passkey("This laptop")
    person.told("The passkey was added.")
    listed = person.page.locator("#factors li")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text(re.compile("This laptop.*phishing-resistant.*Passkey, in use since", re.DOTALL))
    (credential,) = person.say("getCredentials", authenticator)["credentials"]
    assert credential["isResidentCredential"]


def test_the_button_signs_in_without_a_name(person):
    person.enrolled()
    person.by_button()
    assert person.signed_in() == (person.subject, "hwk, mfa, user", "AAL2", "yes")


def test_autofill_signs_in_without_a_name_or_a_press(person):
    person.enrolled()
    person.open("/sign-in")
    assert person.page.evaluate("PublicKeyCredential.isConditionalMediationAvailable()")
    assert person.signed_in() == (person.subject, "hwk, mfa, user", "AAL2", "yes")


def test_the_button_takes_over_from_autofill_that_waits(person):
    person.enrolled()
    person.page.add_init_script(AUTOFILL_WAITS)
    person.open("/sign-in")
    person.autofill_waits()
    person.press("Use a passkey")
    assert person.signed_in()[0] == person.subject


def test_autofill_offers_again_when_the_button_came_to_nothing(person):
    authenticator = person.enrolled()
    person.say("setUserVerified", authenticator, isUserVerified=False)
    person.page.add_init_script(AUTOFILL_WAITS)
    person.open("/sign-in")
    person.press("Use a passkey")
    person.told("Nothing was done", "#ask-error")
    person.autofill_waits()


def test_autofill_asks_anew_before_its_challenge_ends(person):
    person.plug()
    person.page.add_init_script(AUTOFILL_WAITS)
    person.page.clock.install()
    person.open("/sign-in")
    person.autofill_waits()
    with person.page.expect_response("**/api/sign-in"):
        person.page.clock.fast_forward("09:31")


def test_a_second_passkey_on_the_same_device_is_kindly_refused(person):
    person.enrolled()
    person.add_passkey()
    person.press("Use a passkey", "#proof")
    person.told("You have this one already", "#passkey-error")
    expect(person.page.locator("#factors li")).to_have_count(1)  # what was begun is taken back


def test_a_key_without_verification_is_one_factor_and_says_so(person):
    person.enrolled(KEY)
    person.by_button()
    person.told("Nothing was done", "#ask-error")  # it keeps no passkey of its own: it has to be told whose to use
    person.page.get_by_label("Name").fill(person.subject)
    person.press("Use a code")
    person.press("Use a security key")
    assert person.signed_in() == (person.subject, "hwk, user", "AAL1", "yes")


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [("isBogusSignature", "The signature is not the passkey's."), ("isBadUP", "Nobody was present.")],
)
def test_a_spoiled_answer_is_refused_and_counted(person, spoiled, words):
    authenticator = person.enrolled()
    person.say("setResponseOverrideBits", authenticator, **{spoiled: True})
    person.by_button()
    person.told(words, "#ask-error")
    assert person.failures() == [1]
    person.say("setResponseOverrideBits", authenticator, **{spoiled: False})
    person.press("Use a passkey")
    assert person.signed_in()[0] == person.subject
    assert person.failures() == [0]


def test_an_answer_without_verification_is_taken_for_one_factor(person):
    authenticator = person.enrolled()
    person.say("setResponseOverrideBits", authenticator, isBadUV=True)
    person.by_button()
    assert person.signed_in() == (person.subject, "hwk, user", "AAL1", "yes")


def test_a_copy_whose_count_has_not_grown_is_refused_and_counted(person):
    authenticator = person.enrolled()
    person.open("/sign-in")
    person.signed_in()
    (credential,) = person.say("getCredentials", authenticator)["credentials"]
    person.say("removeCredential", authenticator, credentialId=credential["credentialId"])
    person.say("addCredential", authenticator, credential=credential | {"signCount": 0})
    person.by_button()
    person.told("The passkey's count has not grown.", "#ask-error")
    assert person.failures() == [1]


def test_who_turns_back_is_told_so_and_has_nothing_new(person):
    authenticator = person.plug()
    person.say("setUserVerified", authenticator, isUserVerified=False)
    person.add_passkey()
    person.told("Nothing was done", "#passkey-error")
    expect(person.page.locator("#none")).to_be_visible()


def test_an_app_is_enrolled_by_keyboard_alone_and_its_code_signs_in(person):
    page, clock = person.page, person.world.clock
    person.open()
    page.get_by_role("button", name="Add an authenticator app").focus()
    page.keyboard.press("Enter")
    field = page.locator("#app-code")
    expect(field).to_be_focused()
    assert page.get_by_alt_text("QR code").evaluate("one => one.decode().then(() => one.naturalWidth)") > 150
    app = people.App(f"otpauth://totp/x?secret={page.locator('#app-key').inner_text().replace(' ', '')}")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    person.told("That is not right.", "#app-error")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert "app-error" in field.get_attribute("aria-describedby")
    page.keyboard.type(app.code(clock()))  # what was wrong is selected, so it is typed over
    page.keyboard.press("Enter")
    person.told("The authenticator app was added.")
    expect(page.get_by_role("button", name="Add an authenticator app")).to_be_focused()
    clock.forward(seconds=30)
    person.open("/sign-in")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(person.subject)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.insert_text(" ".join(app.code(clock())))  # as it is pasted
    page.keyboard.press("Enter")
    assert person.signed_in() == (person.subject, "otp", "AAL1", "no")


def test_recovery_codes_are_on_the_page_until_one_is_typed_back(person):
    person.open()
    person.press("Make recovery codes")
    expect(person.page.locator("#codes-list li")).to_have_count(10)
    codes = person.page.locator("#codes-list li").all_inner_texts()
    person.page.get_by_label("One of the codes").fill(codes[4].lower())
    person.press("I kept them", "#codes")
    person.told("The recovery codes are ready: nine are left.")
    assert codes[0] not in person.page.content()


def test_a_factor_is_removed_after_a_proof_and_not_by_turning_back(person):
    person.enrolled()
    for last in ("Cancel", "Use a passkey"):
        person.press("Remove Passkey")
        person.press("Remove it", "#removal")
        person.press(last, "#proof")
        expect(person.page.locator("#proof")).to_be_hidden()
        expect(person.page.locator("#factors li")).to_have_count(1 if last == "Cancel" else 0)
    person.told("Passkey was removed.")
    expect(person.page.get_by_role("heading", name="Factors", exact=True)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_nothing_is_wider_than_a_narrow_window_and_every_field_has_its_label(chromium, world, subject, path, scheme):
    window = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme}
    world.enrol_sent(subject, "sms")
    with (
        serving(lambda port: security_page(world.verification, subject, port)) as url,
        a_page(chromium, **window) as page,
    ):
        page.goto(url + path)
        expect(page.locator("#factors li" if path == "/" else "#name")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.evaluate("[...document.querySelectorAll('input, select')].every(one => one.labels.length)")
        assert page.evaluate(
            "[...document.querySelectorAll('.error')].every(one => one.closest('noscript') || one.role === 'alert')"
        )
