"""A header is read in eight languages and as the vendors write it, and shown only where every word is ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.words import fold, header_meaning, is_known

EMAIL = {
    "en": "Email|E-Mail|e_mail|EMAIL ADDRESS|Customer E-mail|emailAddress|Primary Email|Email 2|email id",
    "de": "E-Mail|E-Mail-Adresse|Emailadresse|Mailadresse|E-Mail (privat)|E-Mail Kunde|Mail geschäftlich",
    "fr": "Courriel|Adresse e-mail|Adresse électronique|Mél|Adresse mail|Adresse de courriel|E-mail professionnel",
    "es": "Correo|Correo electrónico|Dirección de correo electrónico|E-mail|Correo-e|Dirección electrónica",
    "pt": "E-mail|Correio eletrónico|Correio eletrônico|Endereço de e-mail|Endereço eletrônico",
    "it": "E-mail|Posta elettronica|Indirizzo e-mail|Indirizzo di posta elettronica|Indirizzo email",
    "nl": "E-mail|E-mailadres|Mailadres|Email adres|E-mailadressen",
    "ja": "メール|メールアドレス|Eメール|電子メール|e-メール|\uff25メール|ﾒｰﾙｱﾄﾞﾚｽ|メールアドレス\uff08会社\uff09",
}
PHONE = {
    "en": "Phone|Phone Number|Mobile|Cell Phone|Tel.|Telephone|mobilePhone|PHONE_1|Mob. No.",
    "de": "Telefon|Telefonnummer|Handy|Handynummer|Mobil|Tel.-Nr.|Mobilfunknummer|Telefon geschäftlich|Rufnummer",
    "fr": "Téléphone|Portable|Numéro de téléphone|N° de téléphone|Tél.|Téléphone mobile|Tél. portable",
    "es": "Teléfono|Móvil|Teléfono móvil|Celular|Número de teléfono|Nº de teléfono|Teléfono fijo",
    "pt": "Telefone|Telemóvel|Celular|Número de telefone|Nº de telefone|Telefone celular",
    "it": "Telefono|Cellulare|Numero di telefono|Telefono cellulare|N. telefono|Telefono fisso",
    "nl": "Telefoon|Telefoonnummer|Mobiel|Mobiel nummer|Mobiele telefoon|GSM|Telefoonnr.",
    "ja": "電話|電話番号|携帯電話|携帯番号|携帯電話番号|TEL|電話番号\uff08自宅\uff09",
}
COUNTRY = {
    "en": "Country|Country Code|ISO Country|country_name|Country/Region|Mailing Country",
    "de": "Land|Länderkürzel|Ländercode|Landeskürzel",
    "fr": "Pays|Code pays|Nom du pays",
    "es": "País|Código de país|Código del país|Nombre del país",
    "pt": "País|Código do país|Nome do país",
    "it": "Paese|Nazione|Codice paese|Nome paese",
    "nl": "Land|Landcode|Landnaam",
    "ja": "国|国名|国コード|国・地域",
}
SPOKEN = [
    pytest.param(meaning, header, id=f"{language}: {header}")
    for meaning, languages in (("email", EMAIL), ("phone", PHONE), ("country", COUNTRY))
    for language, headers in languages.items()
    for header in headers.split("|")
]


@pytest.mark.parametrize(("meaning", "header"), SPOKEN)
def test_a_header_is_read_in_the_eight_languages_and_shown(meaning, header):
    assert header_meaning(header) == meaning
    assert header_meaning(f"  {header.upper()}  ") == meaning
    assert is_known(header)


@pytest.mark.parametrize(
    ("meaning", "headers"),
    [
        ("email", "Email_SHA256|Email_SHA 256|EMAIL_SHA256|email_hash|email_1|hashed_email|Hashed Email (SHA-256)"),
        ("phone", "Phone_SHA256|PHONE_SHA256|phone_hash|phone_3|SMS Phone Number|Phone (E.164)"),
        ("identifier", "hash|SHA256|identifier|Contact|Email or Phone|email/phone|連絡先|SHA-256 Hash"),
        (
            "other",
            "madid|MAID_SHA256|MOBILE_AD_ID_SHA256|fn|ln|zip|ct|st|dob|doby|gen|age|uid|value|EXTERN_ID|googleaid",
        ),
        (
            "other",
            "Email Domain|Email Consent|email status|E-Mail Domain|First Name|Date of Birth|Fax|Fax phone|Código",
        ),
        ("unknown", "em|companyemaildomain|Lifecycle Stage|Ada|Email verified|Sähköposti|ada@example.org"),
        ("unknown", "|  |1|--|" + "email " * 20),
    ],
)
def test_a_header_is_read_as_vendors_write_it(meaning, headers):
    for header in headers.split("|"):
        assert header_meaning(header) == meaning, header


@pytest.mark.parametrize(
    "header",
    [
        *("Owner Email", "Account Owner Email", "Sales Rep Phone", "AssistantPhone", "Emergency contact phone"),
        *("Parent's email", "referred_by_email", "Created By Email", "reply-to email", "Contact owner"),
        *("Ansprechpartner E-Mail", "E-Mail Betreuer", "Teléfono vendedor", "担当者メール", "Email supporto agent"),
    ],
)
def test_a_header_for_contacts_of_somebody_else_says_ignored(header):
    assert header_meaning(header) == "ignored"


@pytest.mark.parametrize(
    "header",
    [
        "ada@example.org",
        "Email ada@example.org",
        "Ada",
        "Email Lovelace",
        "phone 4915112345678",
        "phone 12345",
        "phone ٤٩١٥١",
        "email\u200b",
        "=email",
        "<email>",
        '"email"',
        "email " * 11,
        "",
        "12",
    ],
)
def test_a_header_that_holds_more_than_our_words_is_never_shown(header):
    assert not is_known(header)


@given(st.text() | st.lists(st.sampled_from(["email", "phone", "国", "\u2460", "-", "5", "Ada"])).map(" ".join))
def test_any_header_has_a_meaning_and_what_is_shown_is_of_our_words(header):
    assert header_meaning(header) in {"email", "phone", "country", "identifier", "ignored", "other", "unknown"}
    if is_known(header):
        assert "Ada" not in header
        assert sum(c.isnumeric() for c in header) <= 4
        assert header.isprintable()


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


def test_accents_case_and_width_fold():
    assert fold("\uff34ÉLÉPHONE") == "telephone"
