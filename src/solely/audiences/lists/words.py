"""The words column headers are made of, in the languages customers' exports come in.

- A header has a meaning when nothing is left of it but words of that meaning and words that say nothing.
- Case, accents, spaces, hyphens, underscores and numbers do not count.
- Only headers made wholly of these words and of short numbers are ever shown: nothing a person typed can be.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from solely.audiences.lists.report import Meaning

__all__ = ["fold", "header_meaning", "is_known"]

Known = Meaning | Literal["other", "unknown"]


def fold(text: str) -> str:
    """Lower case without accents, full-width forms as their usual ones."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _set(words: str) -> frozenset[str]:
    return frozenset(fold(words).split())


_EMAIL = _set("""
    email emails mail mails emailaddress emailaddresses mailaddress emailadresse emailadressen mailadresse emailadres
    mailadres mailadressen courriel courriels mel correo correoelectronico correio posta postaelettronica
    メール メールアドレス eメール eメールアドレス メアド 電子メール 電子メールアドレス 邮箱 电子邮件 이메일
""")
_PHONE = _set("""
    phone phones telephone tel mobile mobiles cell cellphone cellular mob mobilephone phonenumber phonenumbers msisdn
    sms whatsapp telephonenumber mobilenumber landline fon ph
    telefon telefonnummer telefonnr telefone telefono telefoon telefoonnummer telefoonnr handy handynummer handynr mobil
    mobilnummer mobilnr mobiltelefon mobilfunk mobilfunknummer mobiltelefonnummer rufnummer festnetz festnetznummer
    portable gsm telemovel celular celulares movil cellulare fijo fixo fisso mobiel mobiele mobielnummer
    電話 電話番号 携帯 携帯電話 携帯電話番号 携帯番号 携帯電話番号 固定電話 お電話番号 电话 手机 전화번호
""")
_COUNTRY = _set("""
    country countrycode countryname nation land pays pais paese nazione landcode landkod landeskurzel landercode
    laenderkuerzel landerkurzel landnaam 国 国名 国コード 国籍コード 国地域 国家 국가
""")
_HASH = _set("sha hash hashed hashes digest hashwert empreinte huella impronta ハッシュ ハッシュ値")
_IDENTIFIER = _set("identifier identifiers contact contacts kontakt kontakte contatto contacto contato 連絡先")
# Words that say nothing beside one that does.
_BESIDE = _set("""
    a b c address addresses adresse adressen adres direccion direcciones endereco enderecos indirizzo indirizzi
    adresa electronico electronica eletronico eletronica electronique electroniques elettronica elettronico
    primary secondary main other alternate alternative alt additional default home work business office private personal
    day evening daytime customer client user member subscriber shopper buyer billing shipping mailing recipient your
    or and oder und ou et y my the of de da do del della di du des la le el en d l an der die das zu van het
    number numbers num no nr nro nummer numero numeros numer n id ids value values raw plain normalized normalised
    lower lowercase hex base e encoded md sha hash hashed hashes digest format formatted international full
    principal principale secondaire secundario privat privata prive geschaftlich geschaeftlich dienstlich beruflich
    firma kunde kunden kundin cliente clientes klant client utente usuario utilisateur professionnel professionnelle
    personnel personnelle trabajo casa domicile domicilio travail lavoro ufficio werk thuis contact contacts kontakt
    contatto contacto contato identifier
    会社 自宅 勤務先 個人 お客様 連絡先 ハッシュ 値
""")
_BESIDE_COUNTRY = _set(
    "code codes name names iso region alpha calling dial dialing dialling prefix residence ad name codigo codice "
    "kurzel nom nombre nome naam 地域"
)
# Contacts of somebody else than the customer of the row.
_SOMEBODY_ELSE = _set("""
    owner rep reps representative manager agent referrer referred referral assigned assignee creator created author
    modified updated sender sent from staff employee operator salesperson sales seller vendor supplier emergency parent
    guardian spouse assistant support reply cc bcc advisor berater betreuer ansprechpartner vendedor vendeur venditore
    verkoper 担当者 担当者メール 担当者メールアドレス 担当者電話番号 緊急連絡先
""")
# What else stands in exports; a digest of one of these is no contact.
_OTHER = _set("""
    first last name names full given family middle sur surname nickname fn ln fi fname lname firstname lastname fullname
    vorname nachname familienname nom prenom nombre nombres apellido apellidos nome sobrenome apelido cognome naam
    voornaam achternaam 氏名 名前 姓 名 city ct town ort stadt ville ciudad cidade citta plaats st state province
    bundesland zip zipcode postal postcode postalcode plz cap cep codigo code street strasse rue calle rua via straat
    dob doby dobm dobd birth birthday birthdate geburtstag geburtsdatum gen gender sex age alter madid maid idfa gaid
    aaid googleaid adid device mobileid uid userid user id externid extern external value lookalike company companyname
    employeecompany jobtitle job title website url industry tags tag date time timestamp rating status type consent opt
    optin opted source notes note comment comments salutation anrede language lang locale currency amount total order
    count advertising domain optintime confirm ip latitude longitude gmtoff dstoff timezone region euid leid segment
    list lists fax telefax faxnummer faxnumber telecopie telecopieur ファックス
""")
_ELECTRONIC = _set("electronico electronica eletronico eletronica electronique elettronico elettronica")
_LONGEST = 100  # characters that may be a header; what is longer is a cell of data
_SHOWN = 64
_DIGITS = 4  # as in SHA-256 2; more could be somebody's number
_NEVER = frozenset('@<>="')  # what addresses and formulas are made with
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_JOINS = (
    ("e", "mail"),
    ("e", "mails"),
    ("e", "mailadresse"),
    ("e", "mailadres"),
    ("e", "mailadressen"),
    ("e", "メール"),
    ("e", "メールアドレス"),
)


def _tokens(header: str) -> list[str]:
    words = _TOKEN.findall(fold(_CAMEL.sub(" ", unicodedata.normalize("NFKC", header))))
    joined: list[str] = []
    for word in words:
        if joined and (joined[-1], word) in _JOINS:
            joined[-1] += word
        elif not word.isdecimal():
            joined.append(word)
    return joined


def header_meaning(header: str) -> Known:
    """What a header alone says: a meaning, `ignored` for contacts of somebody else, `other`, or `unknown`."""
    tokens = _tokens(header) if len(header) <= _LONGEST else []
    said = {word for word in tokens if word not in _BESIDE}
    if any(word in _SOMEBODY_ELSE for word in tokens):
        return "ignored"
    if said & _COUNTRY and not said - _COUNTRY - _PHONE - _BESIDE_COUNTRY:
        return "country"
    if said and not said - _EMAIL - _PHONE:
        return "identifier" if said & _EMAIL and said & _PHONE else ("email" if said & _EMAIL else "phone")
    if not said and any(word in _ELECTRONIC for word in tokens):
        return "email"  # adresse électronique, dirección electrónica
    if not said and any(word in _HASH or word in _IDENTIFIER for word in tokens):
        return "identifier"
    return "other" if any(word in _OTHER for word in tokens) else "unknown"


def is_known(header: str) -> bool:
    """Whether a header is made of our words alone, so that it can be shown."""
    if len(header) > _SHOWN or not header.isprintable() or _NEVER & set(header):
        return False
    if sum(c.isnumeric() for c in header) > _DIGITS:
        return False
    every = _EMAIL | _PHONE | _COUNTRY | _HASH | _IDENTIFIER | _BESIDE | _BESIDE_COUNTRY | _SOMEBODY_ELSE | _OTHER
    tokens = _tokens(header)
    return bool(tokens) and all(word in every for word in tokens)
