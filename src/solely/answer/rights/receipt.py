"""The record of one giving for its person, as ISO/IEC TS 27560:2023 has it, in JSON that is JSON-LD too.

- Fields and their order are those of the standard as the W3C community group's guide maps them to DPV, with what that
  guide adds for the GDPR: https://w3id.org/dpv/guides/consent-27560. The standard itself was not read.
- The same giving in the same state is the same bytes. What proves it stands beside it: the ledger's receipts.
- What nobody set says "not stated": a field that is missing would be no record, and one that is made up a wrong one.

receipt.schema.json beside this file says what a record is; tests hold each record against it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from solely.answer.rights.held import Given, Holding
from solely.answer.rights.told import moment
from solely.answer.uses import Act
from solely.purpose import HOLDS, Kind, Purpose

__all__ = ["NOT_STATED", "Controller", "Party", "not_stated", "record", "record_bytes"]

NOT_STATED = "not stated"
_SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
_NAMES = UUID("5d5a4f0a-3a0c-5c58-9d4b-0b6a3f5f2756")  # of receipts, among name-based UUIDs (RFC 9562 §5.5)
_TYPES: dict[Kind, tuple[str, str]] = {
    "email": ("pd:EmailAddress", "user.contact.email"),
    "phone": ("pd:TelephoneNumber", "user.contact.phone_number"),
}
_BASES = {
    "consent": ("dpv:Consent", "eu-gdpr:A6-1-a"),
    "contract": ("dpv:Contract", "eu-gdpr:A6-1-b"),
    "legal-obligation": ("dpv:LegalObligation", "eu-gdpr:A6-1-c"),
    "vital-interests": ("dpv:VitalInterest", "eu-gdpr:A6-1-d"),
    "public-task": ("dpv:PublicInterest", "eu-gdpr:A6-1-e"),
    "legitimate-interests": ("dpv:LegitimateInterest", "eu-gdpr:A6-1-f"),
}
_RIGHTS = ("A13", "A15", "A16", "A17", "A18", "A20", "A21", "A77")
_CONTEXT: dict[str, Any] = {
    "@version": 1.1,
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "schema_version": {"@id": "dct:conformsTo", "@type": "@id"},
    "record_id": "dct:identifier",
    "receipt_id": "dpv:hasIdentifier",
    "pii_principal_id": "dpv:hasDataSubject",
    "pii_processing": "dpv:hasProcess",
    "privacy_notice": "dpv:hasNotice",
    "language": "dct:language",
    "purposes": "@nest",
    "purpose": "dct:description",
    "purpose_type": {"@id": "dpv:hasPurpose", "@type": "@id"},
    "lawful_basis": {"@id": "dpv:hasLegalBasis", "@type": "@id"},
    "pii_information": "dpv:hasPersonalData",
    "pii_type": "@type",
    "pii_controllers": "dpv:hasDataController",
    "collection_method": "dpv:hasDataSource",
    "processing_method": {"@id": "dpv:hasProcessing", "@type": "@id"},
    "storage_locations": "dpv:hasLocation",
    "retention_period": "dpv:hasStorageCondition",
    "jurisdiction": "dpv:hasJurisdiction",
    "recipient_third_parties": "dpv:hasRecipient",
    "withdrawal_method": "dpv:hasConsentControl",
    "privacy_rights": {"@id": "dpv:hasRight", "@type": "@id"},
    "authority_party": "dpv:hasAuthority",
    "party_identification": "dpv:hasEntity",
    "party_name": "dpv:hasName",
    "party_address": "dpv:hasAddress",
    "party_contact": "dpv:hasContact",
    "party_role": "@type",
    "events": "dpv:hasConsentStatus",
    "event_time": "dpv:isIndicatedAtTime",
    "validity_duration": "dpv:hasDuration",
    "entity_id": {"@id": "dpv:isIndicatedBy", "@type": "@id"},
    "event_type": {"@id": "dpv:hasLegalBasis", "@type": "@id"},
    "event_state": "@type",
    "name": "dct:title",
    "text": "dct:description",
}


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who is named in a record; an empty text is one that nobody set."""

    name: str = ""
    address: str = ""
    contact: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the processing, and what of it no policy knows. `withdraw`: the page to end a giving."""

    party: Party = Party()
    authority: Party = Party()
    jurisdiction: str = ""
    locations: tuple[str, ...] = ()
    withdraw: str = ""


def not_stated(controller: Controller) -> tuple[str, ...]:
    """What a record wants of the controller, and nobody set: by its name in rights.toml."""
    party, authority = controller.party, controller.authority
    asked = {
        "controller.name": party.name,
        "controller.address": party.address,
        "controller.contact": party.contact,
        "authority.name": authority.name,
        "jurisdiction": controller.jurisdiction,
        "locations": controller.locations,
        "withdraw": controller.withdraw,
    }
    return tuple(name for name, value in asked.items() if not value)


def record_bytes(held: Holding, given: Given, controller: Controller) -> bytes:
    """The record as a file."""
    return (json.dumps(record(held, given, controller), ensure_ascii=False, indent=2) + "\n").encode()


def record(held: Holding, given: Given, controller: Controller) -> dict[str, Any]:
    """The record of a giving; `receipt_id` is made from all the rest."""
    giving = str(given.giving.giving)
    content = {
        "@context": _CONTEXT,
        "@id": f"urn:uuid:{giving}",
        "@type": "dpv:ConsentRecord",
        "schema_version": _SCHEMA,
        "record_id": giving,
        "pii_principal_id": held.subject,
        "pii_processing": _processing(given, controller),
        "party_identification": [
            _party("controller", "dpv:DataController", controller.party),
            _party("authority", "dpv:Authority", controller.authority),
        ],
        "events": _events(given),
    }
    receipt = uuid5(_NAMES, json.dumps(content, ensure_ascii=False, sort_keys=True))
    return {**content, "receipt_id": str(receipt)}


def _processing(given: Given, controller: Controller) -> dict[str, Any]:
    purpose, words = given.purpose, given.notice
    pii, fideslang = _TYPES["email" if given.giving.kind == "email" else "phone"]
    return {
        "privacy_notice": {
            "name": f"{given.giving.purpose}/{given.giving.notice}",
            "sha256": NOT_STATED if words is None else words.digest.hex(),
            "text": NOT_STATED if words is None else words.text,
        },
        "language": NOT_STATED if words is None else words.language,
        "purposes": [
            {
                "purpose": (purpose and purpose.description) or given.giving.purpose,
                "purpose_type": f"dpv:{purpose.dpv}" if purpose else "dpv:Purpose",
                "fideslang": purpose.fideslang if purpose else NOT_STATED,
                "name": given.giving.purpose,
            }
        ],
        "lawful_basis": [_basis(purpose), _BASES[purpose.legal_basis][1]] if purpose else [NOT_STATED],
        "pii_information": [
            {
                "pii_type": pii,
                "fideslang": fideslang,
                "pii_optional": True,  # nobody is asked for one who does not want what it is for
                "sensitive_pii_category": False,
                "special_pii_category": False,
            }
        ],
        "pii_controllers": ["controller"],
        "collection_method": f"from the person, {given.how}",
        "processing_method": _methods(purpose),
        "storage_locations": list(controller.locations) or [NOT_STATED],
        "processing_locations": list(controller.locations) or [NOT_STATED],
        "geographic_restrictions": [NOT_STATED],
        "retention_period": _retention(given),
        "jurisdiction": controller.jurisdiction or NOT_STATED,
        "recipient_third_parties": sorted({_recipient(act) for act in given.used} - {""}),
        "withdrawal_method": controller.withdraw or NOT_STATED,
        "privacy_rights": [f"eu-gdpr:{one}" for one in _RIGHTS],
        "authority_party": "authority",
    }


def _basis(purpose: Purpose) -> str:
    if purpose.legal_basis == "consent":
        return "dpv:ExplicitlyExpressedConsent" if purpose.explicit_consent else "dpv:ExpressedConsent"
    return _BASES[purpose.legal_basis][0]


def _methods(purpose: Purpose | None) -> list[str]:
    if purpose is None or HOLDS[purpose.compartment] == "sealed":
        return ["dpv:Collect", "dpv:Store", "dpv:Use"]
    return ["dpv:Collect", "dpv:Pseudonymise", "dpv:Match"]


def _retention(given: Given) -> str:
    until = moment(given.giving.expires_at)
    return f"until {until}, or earlier, when withdrawn" if until else "until withdrawn"


def _recipient(act: Act) -> str:
    """Who had a part in a use. No advertiser receives a contact: their list met it, and they are told of neither."""
    if act.what == "send":
        return f"sender {act.details.get('by', NOT_STATED)}"
    partner = f", through partner {act.details['partner']}" if "partner" in act.details else ""
    return (
        f"{act.by}{partner}: its list met this contact, it receives none"
        if act.what == "use" and (act.by.startswith("advertiser "))
        else ""
    )


def _party(id_: str, role: str, party: Party) -> dict[str, Any]:
    told = {
        "party_id": id_,
        "party_name": party.name or NOT_STATED,
        "party_address": party.address or NOT_STATED,
        "party_contact": party.contact or NOT_STATED,
        "party_role": role,
        "party_type": "dpv:LegalEntity",
    }
    return told | ({"party_url": party.url} if party.url else {})


def _events(given: Given) -> list[dict[str, Any]]:
    """That it was given, and how it ended. On another basis than consent the states read: given, ended, over."""
    giving = given.giving
    kind = NOT_STATED if given.purpose is None else _basis(given.purpose)
    until = moment(giving.expires_at) or "until withdrawn"
    events = [_event(giving.given_at, until, kind, "dpv:ConsentGiven", giving.entry)]
    if given.state == "ended":
        events.append(_event(giving.ended_at, "for good", kind, "dpv:ConsentWithdrawn", giving.ending))
    elif given.state == "expired":
        events.append(_event(giving.expires_at, "for good", kind, "dpv:ConsentExpired", None))
    return events


def _event(time: Any, lasts: str, kind: str, state: str, entry: int | None) -> dict[str, Any]:
    told = {
        "event_time": moment(time),
        "validity_duration": lasts,
        "entity_id": "dpv:DataSubject",
        "event_type": kind,
        "event_state": state,
    }
    return told if entry is None else told | {"ledger_entry": entry}
