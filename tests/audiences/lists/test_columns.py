"""What columns mean: as vendors' templates and customers' exports have it, by header, content or the caller's word."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.columns import kind_of, lay_out
from solely.audiences.lists.report import CONTACTS, MEANINGS
from solely.audiences.lists.words import is_known
from solely.errors import ListError

HASH = sha256(b"ada@example.org").hexdigest()
SHORT = {"e": "email", "p": "phone", "c": "country", "i": "identifier", "-": "ignored"}


def meanings(*records, **choices):
    layout = lay_out([record.split(",") for record in records], **choices)
    letters = {meaning: letter for letter, meaning in SHORT.items()}
    assert [column.number for column in layout.columns] == list(range(1, len(layout.columns) + 1))
    return "".join(letters[column.meaning] for column in layout.columns)


VENDORS = {
    "Meta": (
        "email,email,email,phone,phone,phone,madid,fn,ln,zip,ct,st,country,dob,doby,gen,age,uid,value",
        "ada@x.org,,,1-(650)-561-5622,,,aece52e7-03ee-455a-b3c4-e57283966239,Ada,L,94104,SF,CA,US,10/21/68,1968,F,47,1,2",
        "eeeppp------c------",
    ),
    "Google Customer Match": (
        "Email,First Name,Last Name,Country,Zip,Email,Zip,Phone,Phone",
        "ada@example.org,Ada,L,US,94104,,,1-800-888-8888,18008888899",
        "e--c-e-pp",
    ),
    "Google, six columns": ("Email,Phone,First Name,Last Name,Country,Zip", "ada@example.org,,A,L,US,9", "ep--c-"),
    "Google Data Manager": (
        "email_1,email_2,email_3,phone_1,phone_2,phone_3",
        "ada@example.org,,,+1 800\u2011555\u20110100,,",
        "eeeppp",
    ),
    "TikTok": ("Email_SHA256,Phone_SHA256,MAID_SHA256", f"{HASH},{HASH},{HASH}", "ep-"),
    "TikTok's help": ("Email_SHA 256,Phone_SHA 256,MAID_MD5", f"{HASH},{HASH},{HASH[:32]}", "ep-"),
    "TikTok, plain": ("Email,Phone,MAID", "ada@example.org,+4915112345678,aece52e7-03ee-455a-b3c4-e57283966239", "ep-"),
    "LinkedIn": (
        "email,firstname,lastname,jobtitle,employeecompany,country,googleaid",
        "ada@example.org,Ada,L,Countess,Engines,GB,",
        "e----c-",
    ),
    "Snap": ("EMAIL_SHA256,PHONE_SHA256,MOBILE_AD_ID_SHA256", f"{HASH},{HASH},{HASH}", "ep-"),
    "Reddit": ("EMAIL_SHA256,MAID_SHA256", f"{HASH},{HASH}", "e-"),
    "Meta's API": (
        "EXTERN_ID,EMAIL,PHONE,DOBY,DOBM,DOBD,LN,FN,FI,GEN,CT,ST,ZIP,COUNTRY,MADID,LOOKALIKE_VALUE",
        f"{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},{HASH},US,,1",
        "-ep----------c--",
    ),
    "UID2": ("email,email_hash,phone,phone_hash", "ada@example.org,,,", "eepp"),
    "Mailchimp": (
        "Email Address,First Name,Last Name,Address,SMS Phone Number,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CC,NOTES",
        "ada@example.org,Ada,L,1 Engine Way,+4915112345678,2,2024-01-01 10:00:00,127.0.0.1,DE,",
        "e---p-----",
    ),
    "HubSpot": (
        "Record ID,First Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lead Status,Country/Region",
        "151,Ada,ada@example.org,+4915112345678,,eva@solely.example,New,Germany",
        "--epp--c",
    ),
    "Klaviyo": (
        "Email,Klaviyo ID,First Name,Phone Number,Email Marketing Consent,Country,Profile Created On,Initial Source",
        "ada@example.org,01HXY,Ada,+4915112345678,SUBSCRIBED,DE,2024-01-01 10:00:00,list",
        "e--p-c--",
    ),
    "Shopify": (
        "Customer ID,Email,Accepts Email Marketing,Default Address Country Code,Default Address Phone,Phone,Tags",
        "'6171829304152,ada@example.org,yes,DE,'+4915112345678,+4915112345678,vip",
        "-e-cpp-",
    ),
    "Salesforce": (
        "Id,OwnerId,Owner Email,Email,Phone,MobilePhone,HomePhone,Fax,AssistantPhone,MailingCountry,CreatedDate",
        "0035,0055,eva@solely.example,ada@example.org,+4930123456,+4915112345678,,+4930123457,+4930123458,DE,2024-01-01",
        "---eppp--c-",
    ),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendors_template_is_understood(vendor):
    header, row, expected = VENDORS[vendor]
    assert meanings(header, row) == expected
    assert meanings(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", header).upper(), row, row) == expected


def test_contacts_of_somebody_else_are_ignored_whatever_they_look_like():
    row = "ada@example.org,eva@solely.example,+4930123456"
    assert meanings("Email,Owner Email,Sales Rep Phone", row, row) == "e--"
    assert meanings("Owner Email,Email,Fax", row, row) == "-e-"


def test_a_list_without_header_is_told_by_its_content():
    rows = ["ada@example.org,+4915112345678,DE,Ada", "eva@example.org,015112345678,FR,Eva"]
    layout = lay_out([row.split(",") for row in rows])
    assert (layout.header, layout.start) == (False, 0)
    assert {column.by for column in layout.columns} == {"content"}
    assert meanings(*rows) == "epc-"
    assert meanings("4915112345678,x", "4915112345679,y") == "p-"
    assert meanings(HASH, HASH) == meanings("Ada") == "i"


@pytest.mark.parametrize(
    "first",
    ["ada@example.org", "+49 151 12345678", HASH, "mailto:ada@example.org", "Ada L <ada@example.org>", "null", "12"],
)
def test_a_first_row_of_data_is_not_taken_for_a_header(first):
    assert lay_out([[first], ["eva@example.org"], ["+4915112345678"]]).header is False


def test_a_header_is_never_looked_for_below_a_contact():
    layout = lay_out([["ada@example.org"], ["Email"], ["eva@example.org"]])
    assert (layout.header, layout.start) == (False, 0)


def test_titles_may_stand_above_the_header():
    records = [["Customers of spring"], [], ["Name", "E-Mail", "Telefon"], ["Ada", "ada@example.org", "015112345678"]]
    layout = lay_out(records)
    assert (layout.header, layout.start) == (True, 3)
    assert layout.numbers("email", "phone") == (1, 2)


def test_a_header_of_unknown_words_is_one_over_contacts_alone():
    assert lay_out([["Sähköposti"], ["ada@example.org"]]).header is True
    assert lay_out([["Sähköposti", "Nimi"], ["ada@example.org", "Ada"]]).numbers("email") == (0,)
    assert meanings("Nimi,Numero X", "Ada,+4915112345678", "Eva,+4915112345679") == "-p"
    assert meanings("Qx,Wz", f"{HASH},Ada", f"{HASH},Eva") == "i-"


def test_numbers_under_an_unknown_header_are_phones_only_where_they_are_dialled():
    assert meanings("E-mail,Qx", "a@example.org,015112345678", "b@example.org,015112345679") == "ep"
    assert meanings("E-mail,Qx", "a@example.org,4915112345678", "b@example.org,4915112345679") == "e-"
    assert meanings("E-mail,Customer ID", "a@example.org,015112345678", "b@example.org,015112345679") == "e-"


def test_two_letters_are_countries_only_where_there_is_no_header():
    assert meanings("ada@example.org,DE", "eva@example.org,FR") == "ec"
    assert meanings("E-mail,Qx", "ada@example.org,DE", "eva@example.org,FR") == "e-"


def test_a_header_of_something_else_over_addresses_gives_way_to_them():
    assert meanings("User ID,Name", "ada@example.org,Ada", "eva@example.org,Eva") == "e-"
    assert meanings("User ID,Email", f"{HASH},ada@example.org", f"{HASH},eva@example.org") == "-e"


def test_a_header_is_shown_only_where_each_word_is_ours():
    heads = ["E-Mail", "Email eva@example.org", "Ada Lovelace", "Phone 12345678", "Phone 2"]
    layout = lay_out([heads, ["ada@example.org", "x", "y", "", ""]], header=True)
    assert [column.header for column in layout.columns] == ["E-Mail", None, None, None, "Phone 2"]


def test_the_caller_overrides():
    given_ = {1: "ignored", 3: "phone"}
    layout = lay_out([["Email", "Email", "Qx"], ["a@example.org", "b@example.org", "1"]], given=given_)
    assert [column.meaning for column in layout.columns] == ["ignored", "email", "phone"]
    assert [column.by for column in layout.columns] == ["caller", "header", "caller"]
    assert lay_out([["Email"], ["a@example.org"]], header=False).start == 0
    assert lay_out([["ada@example.org"], ["a@example.org"]], header=True).start == 1
    assert lay_out([["x"], ["y"]], given={1: "identifier"}, width=3).columns[0].by == "caller"


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_column_that_is_not_there_can_not_be_given(number):
    with pytest.raises(ListError, match="no such column") as caught:
        lay_out([["Email", "Name"], ["ada@example.org", "Ada"]], given={number: "email"})
    assert "2 columns" in str(caught.value)


def test_a_list_without_contacts_is_refused():
    for records in (
        [],
        [["Name", "City"], ["Ada", "London"]],
        [["Owner Email", "Name"], ["eva@solely.example", "Ada"]],
    ):
        with pytest.raises(ListError, match="no column of e-mail"):
            lay_out(records)
    with pytest.raises(ListError, match="no column of e-mail"):
        lay_out([["Email"], ["ada@example.org"]], given={1: "ignored"})


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("email", "ada@example.org|a@b|Ada <ada@example.org>|mailto:ada@example.org"),
        ("hash", f"{HASH}|{HASH.upper()}|0x{HASH}|{HASH[:32]}|{HASH[:40]}|" + "A" * 43 + "="),
        ("+phone", "+49 151 12345678|tel:+4915112345678|'+4915112345678"),
        ("phone", "015112345678|(030) 1234567|0049 151 1234567|4915112345678|151-123-4567|1.800.555.0100"),
        (
            "",
            "|Ada|2024-01-01|01.10.1968|01/10/1968|21.10.1968|10/21/1968 10:00|12345678|123|ABCDEF|"
            + "A" * 62
            + "|1" * 3,
        ),
    ],
)
def test_a_cell_looks_like_what_it_is(kind, cells):
    for cell in cells.split("|"):
        assert kind_of(cell) == kind, cell


HEADS = st.sampled_from(["email", "Phone", "Land", "Owner Email", "hash", "Ada", "", "ada@example.org", "Name"])
CELLS = st.sampled_from(
    ["ada@example.org", "+4915112345678", "015112345678", HASH, "DE", "", "Ada", "n/a", "2024-01-01"]
)


@given(st.lists(st.lists(HEADS | CELLS | st.text(max_size=5), max_size=4), max_size=5), st.none() | st.booleans())
def test_any_records_have_a_layout_or_none_with_contacts(records, header):
    try:
        layout = lay_out(records, header=header)
    except ListError:
        return
    assert layout.numbers(*CONTACTS)
    assert layout.start <= len(records)
    assert layout.header == (layout.start > 0)
    assert all(column.meaning in MEANINGS for column in layout.columns)
    assert all(column.header is None or is_known(column.header) for column in layout.columns)
