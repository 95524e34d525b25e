"""Two-step verification wired: the security compartment's keys and connection, the settings, the senders."""

from __future__ import annotations

import secrets
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import psycopg

from solely.errors import SettingsError
from solely.gate import Gate
from solely.keys import Keyring
from solely.verification.security import Post, Security
from solely.verification.senders.console import Console
from solely.verification.senders.failover import Breaker
from solely.verification.senders.gateway import Gateway
from solely.verification.senders.generic import Generic
from solely.verification.senders.port import Sender
from solely.verification.senders.receipts import (
    GenericReceipts,
    ReceiptReader,
    TwilioReceipts,
    VonageReceipts,
)
from solely.verification.senders.smtp import Smtp
from solely.verification.senders.twilio import Twilio
from solely.verification.senders.vonage import Vonage
from solely.verification.settings import Gateway as GatewayTable
from solely.verification.settings import Mail, Settings, read_settings

__all__ = ["open_post", "open_security", "settings_in"]

_FILE = "verification.toml"


def settings_in(directory: Path) -> Settings:
    """The settings of a data directory; the defaults where it has no file of them."""
    path = directory / _FILE
    return read_settings(path.read_bytes()) if path.exists() else Settings()


def open_security(
    keyring: Keyring,
    connection: psycopg.Connection,
    gate: Gate,
    settings: Settings,
    post: Post,
    clock: Callable[[], datetime],
) -> Security:
    """The compartment at work, with one capability for each use of its keys; it does not keep the keyring."""
    return Security(
        connection=connection,
        gate=gate,
        sealers={purpose: keyring.sealer(purpose) for purpose in keyring.purposes},
        sent=keyring.mac("sent-codes").mac,
        saved=keyring.mac("saved-codes").mac,
        fingerprints=keyring.mac("fingerprints").mac,
        tokens=keyring.mac("tokens").mac,
        peppers={number: key.mac for number, key in keyring.peppers().items()},
        settings=settings,
        post=post,
        clock=clock,
        entropy=secrets.token_bytes,
        new_id=uuid.uuid4,
    )


def open_post(directory: Path, settings: Settings, clock: Callable[[], datetime]) -> Post:
    """The senders of the settings in their order; after them, for a trial, what has none is printed."""
    senders: list[Sender] = [_mail(directory, one, clock) for one in settings.email]
    senders += [_gateway(directory, one) for one in settings.sms]
    rules, channels = settings.fraud.rules(), {sender.channel for sender in senders}
    if settings.console:
        kinds: tuple[Literal["sms", "email"], ...] = ("sms", "email")
        senders += [Console(sys.stderr, channel) for channel in kinds if channel not in channels]
    receipts = {one.name: reader for one in settings.sms if (reader := _receipts(directory, one))}
    return Post(senders, Breaker(clock), rules, receipts)


def _mail(directory: Path, one: Mail, clock: Callable[[], datetime]) -> Sender:
    return Smtp(
        name=one.name,
        host=one.host,
        port=one.port,
        security=one.security,
        address=one.address,
        clock=clock,
        display=one.display,
        user=one.user,
        password=_secret(directory, one.password_file),
    )


def _gateway(directory: Path, one: GatewayTable) -> Sender:
    secret = _secret(directory, one.password_file)
    auth = (one.user, secret) if one.user else None
    gateway = Gateway(one.name, ticks=time.monotonic, auth=auth)
    match one.driver:
        case "twilio":
            twilio = Twilio(gateway, one.user, one.origin, one.callback, countries=one.countries)
            return replace(twilio, base=one.base or twilio.base)
        case "vonage":
            vonage = Vonage(gateway, one.origin, one.callback, one.countries)
            return replace(vonage, base=one.base or vonage.base)
        case "generic":
            return Generic(
                gateway,
                one.url,
                one.template,
                one.headers | ({one.header: secret} if one.header else {}),
                success=one.success,
                statuses={int(status): verdict for status, verdict in one.statuses.items()},
                verdict_at=one.verdict_at,
                values=one.values,
                reference_at=one.reference_at,
                countries=one.countries,
            )


def _receipts(directory: Path, one: GatewayTable) -> ReceiptReader | None:
    """How a gateway's receipts are read; None where nothing is set to sign them."""
    if one.driver == "twilio":
        return TwilioReceipts(_secret(directory, one.password_file))
    secret = _secret(directory, one.receipt_secret_file)
    if not secret:
        return None
    if one.driver == "vonage":
        return VonageReceipts(secret)
    return GenericReceipts(secret, one.receipt_reference, one.receipt_status, one.receipt_values)


def _secret(directory: Path, path: str) -> str:
    """What a secret's file holds, without the line's end: secrets stand in files of their own, not in the settings.

    A relative path is one from the data directory.
    """
    if not path:
        return ""
    try:
        text = (directory / path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        text = None
    if text is None:  # raised here, away from an error that holds the bytes
        raise SettingsError("this file of a secret can't be read", where=f"{_FILE}, password-file")
    return text.rstrip("\r\n")
