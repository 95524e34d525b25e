"""The API held against its own schema: a platform at work, whoever may call it, and what must hold of each answer.

A request is of somebody: mostly of one who has the right, else of anyone, or of nobody. Who it is follows from the
request itself, so that a failure comes again.
"""

import itertools
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from zlib import crc32

import httpx
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished

import odd
from ads import Ads
from apis import enrolled, served
from solely.app import Solely
from solely.app.environment import now
from solely.principal import HOMES, KINDS, OWN, RIGHTS
from solely.web.api import ROUTES
from stage import Stage

ADVERTISER, PARTNER, SPARE = "acme", "databroker", "spare"
PEOPLE = 6
RIGHTFUL = 80  # of a hundred requests, so many are of one who has the right
BY_ROUTE = {(one.method, one.path): one for one in ROUTES}
BEFORE = {400, 408, 413, 415, 431}  # what may be told before it is asked whose a request is, and whether they may
NOTHING, NO_HTTP = "00000000-0000-4000-8000-000000000000", b"Invalid HTTP"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "no_route_is_reached_without_the_right",
    "each_answer_is_as_promised",
)


@dataclass(frozen=True)
class Caller:
    """`name` is of a person their id, of an advertiser or a partner whose things they see.

    Whatever ends a key is done to `spare` ones, so that the others stand to the end.
    """

    kind: str = "nobody"
    home: str = ""
    key: str = ""
    name: str = ""
    spare: bool = False

    def may(self, route, given):
        """Whether this is theirs to ask, by the one table of rights."""
        if self.home not in route.homes or route.act not in RIGHTS[self.kind][self.home]:
            return False
        if self.kind == "subject":
            return given.get("subject", self.name) == self.name
        return self.kind not in {"advertiser", "partner"} or given.get("advertiser", self.name) == self.name


@dataclass
class Platform:
    """An API at an address, what it knows by the names of paths' parts, and everybody who calls."""

    base: str
    known: dict
    callers: list
    app: object
    solely: object

    def caller(self, route, given, number):
        """Whose request this is: the same for the same number."""
        some = [one for one in self.callers if one.spare is _ends_own_keys(route)]
        rightful = [one for one in some if one.may(route, given)] if number % 100 < RIGHTFUL else []
        some = rightful or some
        return some[number // 100 % len(some)]


def _ends_own_keys(route):
    return route.act == OWN and route.changes


@contextmanager
def platform(directory):
    """A directory at work: people with contacts and a factor, an advertiser with a campaign, a key of each kind."""
    with Solely(directory, signs=False) as solely, served(solely) as at:
        ads = Ads(Stage(solely, [now()], directory.parent, itertools.count(1)), at)
        audience, subjects = ads.stage.audience(PEOPLE, ADVERTISER)
        for subject in subjects:
            ads.stage.give(ads.stage.address(), "two-factor", subject=subject)
        enrolled(at.as_("service", "security"), subjects[0])
        ads.agree(PARTNER, ADVERTISER)
        campaign, path = {"name": "sale", "include": [audience]}, f"/v1/advertisers/{ADVERTISER}/campaigns"
        assert ads.ask("advertiser", "POST", path, ADVERTISER, json=campaign).status_code == 201
        known = {"subject": subjects, "advertiser": [ADVERTISER], "audience": [audience], "campaign": ["sale"]}
        everyone = [*_callers(at, subjects[0]), Caller(), Caller(key="solely_reg_" + "x" * 40)]
        yield Platform(at.base, {**known, "name": [SPARE]}, everyone, at.api.door, solely)


def _callers(at, subject):
    names = {"advertiser": ADVERTISER, "partner": PARTNER}
    for home in HOMES:
        yield Caller("officer", home, at.key("officer", home, SPARE), SPARE, spare=True)
        for kind in KINDS:
            if RIGHTS[kind][home] and kind == "subject":
                yield Caller(kind, home, at.token(subject, home), subject)
            elif RIGHTS[kind][home]:
                yield Caller(kind, home, at.key(kind, home, names.get(kind)), ADVERTISER if kind in names else "")


class Broken(Failure):
    """What is promised of the API does not hold."""


def run(platform, *, phases=PHASES, examples=10, seconds=None, seed=1):
    """Ask all that the schema tells of, for so long: for each scenario how many requests it took, and what failed."""
    config = _config(phases, examples, seconds, seed)
    with _held(platform):
        checks = config.projects.default.checks
        checks.update(included_check_names=list(CHECKS))
        refused = checks.negative_data_rejection  # its own list leaves out that a body is too large to be looked at
        refused.expected_statuses = [*refused.expected_statuses, "413"]
        schema = schemathesis.openapi.from_url(f"{platform.base}/openapi.json", config=config)
        for event in from_schema(schema).execute():
            if isinstance(event, ScenarioFinished):
                yield event.recorder.interactions.values(), list(_failures(event))
            elif isinstance(event, NonFatalError):
                yield [], [f"{event.label}: {event.value!r}"]


def _config(phases, examples, seconds, seed):
    told = {
        "seed": seed,
        "continue-on-failure": True,
        "request-timeout": 20,
        "output": {"sanitization": {"enabled": False}},
        "generation": {
            "max-examples": examples,
            "with-security-parameters": False,
            "database": "none",
            "no-shrink": True,
            "deterministic": seconds is None,
        },
        "phases": {name: {"enabled": name in phases} for name in PHASES},
    }
    told["phases"]["coverage"]["generate-duplicate-query-parameters"] = True
    return SchemathesisConfig.from_dict(told | ({} if seconds is None else {"max-time": seconds}))


def _failures(event):
    for checks in event.recorder.checks.values():
        for check in checks:
            if (found := check.failure_info) is not None:
                failure = found.failure
                head = f"{failure.operation}: {check.name}: {failure.title}"
                yield f"{head}\n{failure.message}\n{found.code_sample}"


@contextmanager
def _held(platform):
    """Schemathesis is told who calls, and what more must hold."""
    by_key = {one.key: one for one in platform.callers}

    @schemathesis.hook
    def before_call(context, case, kwargs):
        _ask(platform, case)

    @schemathesis.check
    def no_route_is_reached_without_the_right(ctx, response, case):
        route = BY_ROUTE.get((case.method.upper(), case.path))
        if route is not None:
            shown = (response.request.headers.get("Authorization") or "").removeprefix("Bearer ")
            _rights(route, by_key[shown], response, case)

    @schemathesis.check
    def each_answer_is_as_promised(ctx, response, case):
        _promised(response, case)

    try:
        yield
    finally:
        schemathesis.hooks.unregister(before_call)


def _ask(platform, case):
    """The request is about things that are known, mostly; and somebody's, who can be told from what is asked."""
    given = case.path_parameters or {}
    number = crc32(repr((case.method, case.path, given, case.query, case.body)).encode())
    for name, values in platform.known.items():
        ends = name == "name" and case.method != "GET"
        if isinstance(given.get(name), str) and (number % 3 or ends):
            given[name] = values[number // 3 % len(values)]
    _without(case, "authorization")
    if number % 4:
        _without(case, "idempotency-key")
    route = BY_ROUTE.get((case.operation.method.upper(), case.path))
    caller = platform.caller(route, given, number) if route else Caller()
    if caller.key:
        case.headers["Authorization"] = f"Bearer {caller.key}"


def odd_ones(platform, every=1):
    """Odd requests of every route, by who has the right: for each what it was, and what is wrong with the answer."""
    schema = httpx.get(f"{platform.base}/openapi.json").json()
    said = {route: schema["paths"][route.path][route.method.lower()] for route in ROUTES}
    given = {name: values[0] for name, values in platform.known.items()}
    asked = []
    for route, told in said.items():
        path = re.sub(r"{\w+}", NOTHING, re.sub(r"{(\w+)}", lambda one: given.get(one[1], one[0]), route.path))
        example = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        caller = platform.caller(route, given, 0)
        if caller.may(route, given):
            asked.append((route, path, example, caller.key))
    for route, sent, answer in odd.answers(platform.base, asked, every):
        yield sent, _odd_fault(said[route], sent, answer)


def _odd_fault(told, sent, answer):
    """What is wrong, if anything is. What is no HTTP is told by the server itself."""
    if answer is None:
        return "nothing is answered"
    status, headers, body = answer
    if status == 400 and "text/plain" in headers.get("content-type", "") and NO_HTTP in (body or NO_HTTP):
        return None
    if status >= 500 or str(status) not in {*told["responses"], "400", "404", "405", "431"}:
        return f"{status}: {body[:200]}"
    if status >= 400 and sent[0] != "HEAD" and json.loads(body)["status"] != status:
        return "a problem that tells another status"
    return None if "x-request-id" in headers else "without an id"


def _without(case, name):
    for one in [one for one in case.headers if one.lower() == name]:
        del case.headers[one]


def _promised(response, case):
    names = {name.lower() for name in response.headers}
    missing = {"x-request-id", "cache-control", "x-content-type-options", "content-security-policy"} - names
    _hold(not missing, case, f"without {', '.join(missing)}")
    if response.status_code == 204 or case.method.upper() == "HEAD":
        _hold(not response.content, case, "a body where there is none")
        _hold(response.status_code != 204 or "content-type" not in names, case, "nothing, and it has a type")
    elif response.status_code >= 400:
        told = response.json()
        _hold(told["status"] == response.status_code, case, "the problem tells another status")
        _hold(told["type"].startswith("urn:solely:problem:"), case, "the problem is of no type of ours")


def _rights(route, caller, response, case):
    status, may = response.status_code, caller.may(route, case.path_parameters or {})
    if status == 404 and (not response.content or response.json()["where"] == "path"):
        return  # what is written there leads to no route
    who = f"{caller.kind} of {caller.home or 'nowhere'}: {status}"
    if caller.home not in route.homes:
        _hold(status in BEFORE | {401}, case, f"reached with no key of its compartment, by {who}")
    elif not may:
        _hold(status in BEFORE | {403}, case, f"reached without the right, by {who}")
    elif not caller.spare:
        _hold(status != 401 or "problem:unauthenticated" not in response.text, case, f"not reached with it, by {who}")


def _hold(held, case, what):
    if not held:
        raise Broken(operation=case.operation.label, title="a promise is broken", message=what)
