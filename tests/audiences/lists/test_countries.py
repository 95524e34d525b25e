"""A country cell names its country by code, name or calling code, or none."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.countries import country_of

GERMANY = ["DE", "de", " De ", "DEU", "Germany", "Deutschland", "Allemagne", "Alemania", "Alemanha", "Germania"]
JAPAN = ["JP", "JPN", "Japan", "Japon", "Japón", "Japão", "Giappone", "日本", "+81", "81", "0081"]
UNITED_STATES = [
    "US",
    "USA",
    "U.S.A.",
    "United States",
    "Vereinigte Staaten",
    "États-Unis",
    "Estados Unidos",
    "EE. UU.",
]
UNITED_STATES += [
    "Stati Uniti",
    "Verenigde Staten",
    "アメリカ合衆国",
    "米国",
    "America",
    "+1",
    "1",
    "001",
    "united-states",
]
BRITAIN = ["GB", "UK", "GBR", "England", "Scotland", "Great Britain", "Großbritannien", "Royaume-Uni", "Reino Unido"]
BRITAIN += ["Regno Unito", "Verenigd Koninkrijk", "イギリス", "英国", "+44"]
NAMED = {
    "DE": [*GERMANY, "Duitsland", "ドイツ", "+49", "49", "0049", "\uff24\uff25"],
    "JP": JAPAN,
    "US": UNITED_STATES,
    "GB": BRITAIN,
    "NL": [
        "NL",
        "Netherlands",
        "The Netherlands",
        "Niederlande",
        "Pays-Bas",
        "Paesi Bassi",
        "Países Baixos",
        "Holland",
    ],
    "CI": ["Côte d'Ivoire", "Cote d\u2019Ivoire", "Elfenbeinküste"],
    "KR": ["South Korea", "Korea, Republic of", "Südkorea", "韓国"],
    "AT": ["Österreich", "Oesterreich", "Autriche"],
    "HK": ["Hong Kong", "Hongkong", "HKG"],
    "IE": ["Ireland", "Republic of Ireland", "Irlande"],
    "TR": ["Turkey", "Türkiye", "turkiye"],
}


def test_a_name_of_another_country_that_begins_alike_is_not_guessed():
    assert country_of("Korea, Democratic People's Republic of") is None
    assert country_of("Congo, The Democratic Republic of the") is None


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NAMED.items() for text in texts])
def test_a_country_is_named_in_many_ways(code, text):
    assert country_of(text) == code


@pytest.mark.parametrize(
    "text", ["", " ", "Atlantis", "XX", "999", "+999", "+0", "0", "ada@example.org", "+4915112345678"]
)
def test_what_names_no_country_is_none(text):
    assert country_of(text) is None


def test_a_calling_code_of_no_country_is_none():
    assert country_of("+800") is None  # international freephone
    assert country_of("+870") is None  # Inmarsat


def test_a_long_cell_is_not_looked_at():
    assert country_of("Germany" + " " * 80) == "DE"
    assert country_of("Germany" + "-" * 80) is None


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_each_code_names_its_country(code):
    assert country_of(code) == country_of(f" {code.lower()} ") == code


@given(st.text())
def test_any_text_is_a_region_that_phones_are_read_for_or_none(text):
    assert country_of(text) in {None, *phonenumbers.SUPPORTED_REGIONS}
