"""Lists as vendors' templates, customers' exports and mishaps have them, read whole: every contact, no other."""

import base64
import gzip
from hashlib import md5, sha256

import pytest

from solely.errors import ListError


def key(text):
    return sha256(text.encode()).digest()[:16]


def keys(*texts):
    return sorted(map(key, texts))


def hexed(text):
    return sha256(text.encode()).hexdigest()


def based(text):
    return base64.b64encode(sha256(text.encode()).digest()).decode()


ADA, BOB, EVE = "ada@example.com", "bob@example.org", "eve@example.net"
ONE, TWO, THREE = "+16505615622", "+18005550100", "+4915112345678"

# Name -> list, contacts in it, unusable rows by reason.
LISTS = {
    "Meta's template": (
        """
email,email,email,phone,phone,phone,madid,fn,ln,zip,ct,st,country,dob,doby,gen,age,uid,value
ada@example.com,bob@example.org,,1-(650)-561-5622,,,,Ada,L,94104,San Francisco,CA,US,10/21/68,1968,F,47,1443637309,3.12
,,,,,,aece52e7-03ee-455a-b3c4-e57283966239,Eve,M,94025,Menlo Park,CA,US,5/17/68,1968,F,48,,44.86
""",
        [ADA, BOB, ONE],
        {"empty": 1},
    ),
    "Google's template, with comments and ragged rows": (
        """
# Use this template to upload customer data
#
# Do not rename the columns, please; "Email" stays "Email"
Email,First Name,Last Name,Country,Zip,Email,Zip,Phone,Phone
ada@example.com,Zoë,Peña,US,94104,,,1-800-555-0100,
bob@example.org,Bob,B,US,94104,eve@example.net
,Eve,E,US,94104,,,16505615622,18005550100,,
,Nobody
""",
        [ADA, BOB, EVE, TWO, ONE, TWO],
        {"empty": 1},
    ),
    "Google's sample of the Data Manager": (
        """
email_1,email_2,email_3,phone_1,phone_2,phone_3
 ada@example.com ,,, +1 800\u2011555\u20110100 ,
bob@example.org,  EVE@Example.net
,,,1\u2011650\u2011561\u20115622
""",
        [ADA, BOB, EVE, TWO],
        {"phone-without-country": 1},
    ),
    "TikTok's, as its help prints it": (
        f"""
Email_SHA 256,Phone_SHA256,MAID_SHA256
{hexed(ADA)},{hexed(THREE)},{hexed("a")}
,,{hexed("b")}
{hexed("")},,
""",
        [ADA, THREE],
        {"empty": 1, "hash-of-nothing": 1},
    ),
    "LinkedIn's": (
        """
email,firstname,lastname,jobtitle,employeecompany,country,googleaid
ada@example.com,Ada,L,Countess,Engines Ltd,GB,
,Bob,B,Builder,Bricks,US,aece52e7-03ee-455a-b3c4-e57283966239
""",
        [ADA],
        {"empty": 1},
    ),
    "Snap's, in capitals": (
        f"EMAIL_SHA256,PHONE_SHA256,MOBILE_AD_ID_SHA256\n{hexed(ADA).upper()},{hexed(TWO[1:])},{hexed('x')}\n",
        [ADA, TWO[1:]],
        {},
    ),
    "UID2's": (
        f"email,email_hash,phone,phone_hash\n{ADA},,,\n,{based(BOB)},,\n,,{THREE},\n,,,{based(THREE)}\n,{based(ADA)[:-1]},,\n",
        [ADA, BOB, THREE, THREE],
        {"bad-hash": 1},
    ),
    "X's, on one line": (f"{hexed(ADA)},{hexed(BOB)},{hexed(EVE)}\n", [ADA, BOB, EVE], {}),
    "X's, a line each": (f"{hexed(ADA)}\n{hexed(BOB).upper()}\n{based(EVE)}", [ADA, BOB, EVE], {}),
    "an export of Mailchimp": (
        """
"Email Address","First Name","Last Name","Address","Phone Number","OPTIN_TIME","TAGS"
"ada@example.com","Ada","","5 Main St, ""Apt 2""
Springfield","+49 (0)151 1234-5678","2021-03-04 10:11:12",""\"vip"",""eu""\"
"eve@example","Eve","","","","2021-03-04 10:11:12",""
""",
        [ADA, THREE],
        {"not-an-email": 1},
    ),
    "an export of Shopify": (
        """
First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Default Address Phone,Phone,Total Spent
Ada,L,ada@example.com,yes,DE,0151 12345678,'+4915112345678,12.50
Bob,B,,no,US,,"=""+18005550100""\",0.00
""",
        [ADA, THREE, THREE, TWO],
        {},
    ),
    "an export of Google Contacts": (
        """
Name,Given Name,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value
Ada,Ada,* Home,ada@example.com,Mobile,+49 151 12345678
""",
        [ADA, THREE],
        {},
    ),
    "numbers a spreadsheet has damaged": (
        """
sep=;
Telefon;Land
4,92E+12;DE
4.9151E+12;DE
4915112345678,0;DE
4,915112345678E+12;DE
'0151 12345678;DE
="0151 12345678";DE
#N/A;DE
4915112345678;
""",
        [THREE] * 4,
        {"excel-mangled": 2, "placeholder": 1, "phone-without-country": 1},
    ),
    "quotes that never close": (
        'email,note\nada@example.com,"never closed\nbob@example.org,fine\n"eve@example.net,also open\n',
        [BOB],
        {"unbalanced-quote": 2},
    ),
    "cells that are not what they should be": (
        f"""
email
ADA@example.com
<bob@example.org>
"Eve" <eve@example.net>
{md5(b"someone@example.com").hexdigest()}
{"a" * 400}@example.com
=HYPERLINK("mailto:x@example.com")
none@none
+4915112345678
mail
""",
        [ADA, BOB, EVE, THREE],
        {"md5": 1, "too-long": 1, "formula": 1, "placeholder": 1, "not-an-email": 1},
    ),
}

HEADERS = {
    "English": "First name,E-mail address,Mobile phone,Country",
    "German": "Vorname,E-Mail-Adresse,Handynummer,Land",
    "French": "Prénom,Adresse électronique,Téléphone portable,Pays",
    "Spanish": "Nombre,Correo electrónico,Teléfono móvil,País",
    "Portuguese": "Nome,Endereço de e-mail,Telemóvel,País",
    "Italian": "Nome,Indirizzo e-mail,Numero di cellulare,Nazione",
    "Dutch": "Voornaam,E-mailadres,Telefoonnummer,Land",
    "Japanese": "氏名,メールアドレス,携帯電話番号,国",
}
LETTERS = {"German": "cp1252", "French": "mac-roman", "Japanese": "cp932", "Portuguese": "iso8859-15"}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_is_read_whole(read, name, end):
    text, contacts, unusable = LISTS[name]
    data = text.removeprefix("\n").replace("\n", end).encode()
    for mark in (b"", b"\xef\xbb\xbf"):
        made = read(mark + data)
        assert made.digests == keys(*contacts)
        assert made.report.unusable == unusable
        assert made.report.rows == made.report.usable + sum(unusable.values())


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_header_of_any_language_is_understood_in_its_own_letters(read, language, delimiter):
    rows = [HEADERS[language], "Ada,ada@example.com,0151 12345678,DE", "Bob,n/a,(650) 561-5622,USA"]
    text = "\r\n".join(rows).replace(",", delimiter)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        made = read(text.encode(encoding))
        assert made.digests == keys(ADA, THREE, ONE), encoding
        assert made.meanings == ["ignored", "email", "phone", "country"]
        assert made.report.columns[1].header == rows[0].split(",")[1]
        assert (made.report.delimiter, made.report.header) == (delimiter, True)
    if letters := LETTERS.get(language):
        choice = {"encoding": letters} if letters in ("mac-roman", "iso8859-15") else {}
        made = read(text.encode(letters), **choice)
        assert (made.digests, made.report.columns[1].by) == (keys(ADA, THREE, ONE), "header")


@pytest.mark.parametrize(
    ("cells", "meaning"),
    [
        ([ADA, BOB, "n/a"], "email"),
        ([ONE, "+49 151 12345678", TWO], "phone"),
        ([hexed(ADA), based(BOB), hexed(EVE).upper()], "identifier"),
        ([ADA, hexed(BOB), THREE, "+1 (800) 555-0100"], "identifier"),
    ],
)
def test_one_column_without_header_needs_none(read, cells, meaning):
    made = read("\n".join(cells).encode())
    assert made.report.rows == len(cells)
    assert made.report.usable == len(cells) - cells.count("n/a")
    assert (made.report.header, made.report.delimiter) == (False, "")
    assert made.meanings == [meaning]


def test_hex_in_either_case_and_base64_are_one_digest_with_the_plain_cell(read):
    made = read("\n".join(["email", ADA, hexed(ADA), hexed(ADA).upper(), based(ADA), f"0x{hexed(ADA)}"]).encode())
    assert made.digests == [key(ADA)] * 5


def test_national_numbers_are_of_the_country_the_row_or_the_caller_names(read):
    data = b"phone,country\n0151 12345678,Deutschland\n(650) 561-5622,US\n650 561 5622,\n"
    assert read(data).reasons == ["phone-without-country"]
    assert read(data, country="US").digests == keys(THREE, ONE, ONE)


def test_nul_bytes_at_the_ends_of_cells_are_padding_and_inside_are_damage(read):
    made = read(b"email\nada@example.com\0\0\n\0bob@example.org\neve\0@example.net\n")
    assert (made.digests, made.reasons) == (keys(ADA, BOB), ["not-text"])


def test_rows_keep_the_numbers_of_their_lines_below_what_is_no_row(read):
    data = b'sep=;\n"Customers\nof March";2024\n\nName;Email\n# note\nAda;ada@example.com\n"B\nB";n/a\nEve;\n'
    made = read(data)
    assert made.digests == [key(ADA)]
    assert made.rejects == [(2, 8, "placeholder"), (3, 10, "empty")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_data_of_another_kind_is_refused_in_any_encoding(read, encoding):
    for text, what in (('{"email": "ada@example.com"}', "JSON"), ("\n<html>ada@example.com", "a web page")):
        with pytest.raises(ListError, match=rf"^byte 1: the list is {what} \("):
            read(text.encode(encoding))


def test_a_gzip_file_of_many_members_is_one_list(read):
    rows = [f"user{n}@example.com\n".encode() for n in range(100)]
    assert read(b"".join(map(gzip.compress, [b"email\n", *rows]))).report.usable == 100
