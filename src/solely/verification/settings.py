"""What a platform may set of two-step verification: verification.toml, read once at the start.

Settings that would make a phone number the only way, or the best one, are refused: passkeys (SP 800-63B-4 §2.2.2:
a phishing-resistant factor must be offered) and recovery codes cannot be turned off.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from solely.settings import Table, read_tables
from solely.store.security.limits import Limit
from solely.verification.factor import Kind
from solely.verification.fraud import FraudSettings

__all__ = ["Settings", "read_settings"]

_WHERE = "verification.toml"
_CURE = "see docs/verification.md"
_LOCAL = {"localhost", "127.0.0.1"}

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Page = Annotated[
    str, Field(pattern=r"^(?:https://[^\s?#]+|http://(?:localhost|127\.0\.0\.1)[^\s?#]*)?$", max_length=256)
]
Status = Annotated[str, Field(pattern=r"^[1-5][0-9]{2}$")]  # of HTTP
Country = Annotated[str, Field(pattern=r"^(?:[A-Z]{2}|001)$")]  # ISO 3166 alpha-2; 001 for satellites


def _names(value: Any) -> Any:
    """A list of texts as a set; anything else is refused by its type (and may hold what is in no set)."""
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return frozenset(value) if listed else value


def _is_origin(text: str, domain: str) -> bool:
    """Whether a browser writes an origin of this domain so: lower case, no user, no path."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # its words may quote the text
        return False
    own = host == domain or host.endswith(f".{domain}")
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)
    return own and secure and text == f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"


class Service(Table):
    """Who asks: `domain` is the relying party's id, and what codes by SMS are bound to."""

    name: Annotated[str, Field(min_length=1, max_length=64)] = "Solely"
    domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$", max_length=253)] = "localhost"
    origins: tuple[str, ...] = ("http://localhost:8000",)
    not_me: Page = ""  # the page that a notice's "this was not me" leads to; its token comes after ?token=

    @field_validator("name")
    @classmethod
    def _fits_an_app(cls, value: str) -> str:
        if not value.strip() or ":" in value or not value.isprintable():
            raise ValueError("printable, and without a colon: an authenticator app parts names by it")
        return value

    @field_validator("origins", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _origins_are_of_the_domain(self) -> Self:
        if not self.origins:
            raise ValueError("at least one origin")
        if not all(_is_origin(origin, self.domain) for origin in self.origins):
            raise ValueError("an origin is https://, the domain or a name under it, and a port; no path")
        return self


class Factors(Table):
    """Which factors there are, and how they are read."""

    enabled: frozenset[Kind] = frozenset({"passkey", "totp", "recovery-codes", "sms", "email"})
    most: Annotated[int, Field(ge=2, le=100)] = 20  # a person may have
    totp_algorithm: Literal["SHA1", "SHA256", "SHA512"] = "SHA1"  # what every app knows
    totp_digits: Literal[6, 8] = 6
    drift_steps: Annotated[int, Field(ge=0, le=2)] = 1  # 0 is the strict mode
    sms_proved_days: Annotated[int, Field(ge=1, le=3650)] = 180  # then a number is asked again before it counts

    @field_validator("enabled", mode="before")
    @classmethod
    def _set(cls, value: Any) -> Any:
        return _names(value)

    @field_validator("enabled")
    @classmethod
    def _none_needs_a_phone(cls, value: frozenset[Kind]) -> frozenset[Kind]:
        if not value >= {"passkey", "recovery-codes"}:
            raise ValueError("passkey and recovery-codes stay enabled: nobody may need a phone number")
        return value


class Ages(Table):
    """How long things hold."""

    challenge_minutes: Annotated[int, Field(ge=1, le=10)] = 10  # SP 800-63B-4 §3.1.3.2
    manage_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    device_days: Annotated[int, Field(ge=1, le=30)] = 30
    not_me_days: Annotated[int, Field(ge=1, le=90)] = 14
    recovery_hours: Annotated[int, Field(ge=1, le=24)] = 24  # §4.2.1.2: a code by e-mail

    @property
    def challenge(self) -> timedelta:
        return timedelta(minutes=self.challenge_minutes)

    @property
    def manage(self) -> timedelta:
        return timedelta(minutes=self.manage_minutes)

    @property
    def device(self) -> timedelta:
        return timedelta(days=self.device_days)

    @property
    def not_me(self) -> timedelta:
        return timedelta(days=self.not_me_days)

    @property
    def recovery(self) -> timedelta:
        return timedelta(hours=self.recovery_hours)


class Tries(Table):
    """How many wrong answers are taken; beside these each factor waits longer and longer (throttle.py)."""

    per_challenge: Annotated[int, Field(ge=1, le=10)] = 5
    per_contact_hourly: Annotated[int, Field(ge=1, le=100)] = 20  # of one contact, whoever's account it is in
    per_source_hourly: Annotated[int, Field(ge=1, le=10_000)] = 100
    challenges_hourly: Annotated[int, Field(ge=1, le=1_000)] = 60  # a person may start
    sign_ins_per_source_hourly: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000  # begun before anyone is named


class Fraud(Table):
    """Where SMS may go, and how many; see fraud.py. No country is named at first, so none is sent at first."""

    countries: frozenset[Country] = frozenset()
    mode: Literal["enforce", "record"] = "enforce"
    daily: Annotated[int, Field(ge=1)] = 10_000  # SMS in all
    country_hourly: Annotated[int, Field(ge=1)] = 1_000
    source_hourly: Annotated[int, Field(ge=1)] = 20
    alarm_below: Annotated[float, Field(ge=0, le=1)] = 0.6  # codes typed in, of those sent
    stop_below: Annotated[float, Field(ge=0, le=1)] = 0.3

    @field_validator("countries", mode="before")
    @classmethod
    def _set(cls, value: Any) -> Any:
        return _names(value)

    @model_validator(mode="after")
    def _alarm_rings_first(self) -> Self:
        if self.stop_below > self.alarm_below:
            raise ValueError("the alarm rings before a country is closed: alarm-below is the greater")
        return self

    def rules(self) -> FraudSettings:
        """The same as the rules take it."""
        return FraudSettings(
            countries=self.countries,
            source=(Limit("source-hour", self.source_hourly, timedelta(hours=1)),),
            country=(Limit("country-hour", self.country_hourly, timedelta(hours=1)),),
            total=(Limit("sms-day", self.daily, timedelta(days=1)),),
            alarm_below=self.alarm_below,
            stop_below=self.stop_below,
            mode=self.mode,
        )


class Mail(Table):
    """One server that takes mail; those listed first are asked first."""

    name: Name
    driver: Literal["smtp"] = "smtp"
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    address: str  # whom it is from
    display: str = ""
    user: str = ""
    password_file: str = ""


class Gateway(Table):
    """One gateway that takes SMS. `driver` says which of the fields are its own; see docs/delivery.md."""

    name: Name
    driver: Literal["twilio", "vonage", "generic"]
    countries: frozenset[Country] = frozenset()
    user: str = ""  # Twilio's account, Vonage's key
    password_file: str = ""
    origin: str = ""
    callback: str = ""
    receipt_secret_file: str = ""  # what signs delivery receipts: not Twilio's, whose password does
    receipt_reference: str = ""  # the generic one's: where in a receipt its reference stands, as message.id
    receipt_status: str = ""
    receipt_values: dict[str, Literal["delivered", "failed", "opt-out"]] = Field(default_factory=dict)
    base: str = ""
    url: str = ""
    template: dict[str, Any] = Field(default_factory=dict)
    header: str = ""  # the generic one's: what carries the password, as Authorization
    # sent as they are, {send} filled in; no secrets, they stand in files
    headers: dict[str, str] = Field(default_factory=dict)
    success: frozenset[int] = frozenset({200, 201, 202})
    statuses: dict[Status, Literal["next", "stop", "opt-out"]] = Field(default_factory=dict)
    verdict_at: str = ""  # where in the answer its verdict stands, as results.0.state
    values: dict[str, Literal["next", "stop", "opt-out"]] = Field(default_factory=dict)
    reference_at: str = ""

    @field_validator("countries", mode="before")
    @classmethod
    def _set(cls, value: Any) -> Any:
        return _names(value)

    @field_validator("success", mode="before")
    @classmethod
    def _statuses(cls, value: Any) -> Any:
        return frozenset(value) if isinstance(value, list) and all(type(one) is int for one in value) else value

    @model_validator(mode="after")
    def _has_what_its_driver_needs(self) -> Self:
        if self.driver == "generic" and not (self.url and self.template):
            raise ValueError("a generic gateway needs url and template")
        if self.driver != "generic" and not (self.user and self.password_file and self.origin):
            raise ValueError("twilio and vonage need user, password-file and origin")
        return self


class Settings(Table):
    """The whole file."""

    service: Service = Service()
    factors: Factors = Factors()
    ages: Ages = Ages()
    tries: Tries = Tries()
    fraud: Fraud = Fraud()
    email: tuple[Mail, ...] = ()
    sms: tuple[Gateway, ...] = ()
    console: bool = True  # for a trial: messages without a server or gateway are printed, code and all
    password_least: Annotated[int, Field(ge=8, le=64)] = 8  # characters; 15 where a password is all there is

    @model_validator(mode="after")
    def _each_sender_has_its_name(self) -> Self:
        names = [one.name for one in self.email] + [one.name for one in self.sms]
        if len(set(names)) < len(names):
            raise ValueError("two senders have one name")
        return self

    @field_validator("email", "sms", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


def read_settings(data: bytes) -> Settings:
    """Read the bytes of a verification.toml. Raises SettingsError, naming the field and never its value."""
    return read_tables(Settings, data, _WHERE, _CURE)
