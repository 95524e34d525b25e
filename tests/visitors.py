"""A person at a platform's pages, as a browser without scripts is: reads them, fills forms in, sends them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

PASSWORD = "a river runs through 7 towns"


@dataclass
class Form:
    action: str
    fields: dict = field(default_factory=dict)
    boxes: set = field(default_factory=set)
    data: dict = field(default_factory=dict)


class Page(HTMLParser):
    """What a page says: its forms, and its words."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.words, self.headings, self.pictures, self._in = [], [], [], [], ""
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        one = dict(attributes)
        self._in = tag
        if tag == "form":
            self.forms.append(Form(one["action"], data={k[5:]: v for k, v in one.items() if k.startswith("data-")}))
        if tag == "img":
            self.pictures.append(one["src"])
        if tag == "input" and self.forms:
            if one.get("type") == "checkbox":
                self.forms[-1].boxes.add(one["name"])
                if "checked" not in one:
                    return
            self.forms[-1].fields[one["name"]] = one.get("value", "")
        if tag == "option" and ("selected" in one or "factor" not in self.forms[-1].fields):
            self.forms[-1].fields["factor"] = one["value"]

    def handle_data(self, data):
        self.words.append(data)
        if self._in == "h1":
            self.headings.append(data.strip())

    def handle_endtag(self, tag):
        self._in = ""

    def form(self, action, **having):
        """The form that goes there, and has these values in it."""
        for one in self.forms:
            if one.action.endswith(action) and having.items() <= one.fields.items():
                return one
        raise AssertionError(f"no form to {action} here: {self.text}")


class Visitor:
    """Someone with a browser of their own: `http` is an httpx client of the platform that keeps its cookies."""

    def __init__(self, http, prefix="/account"):
        self.http, self.prefix = http, prefix
        self.page = self.answer = None

    def _seen(self, answer):
        self.answer, self.page = answer, Page(answer.text)
        return self

    def open(self, path, **headers):
        return self._seen(self.http.get(f"{self.prefix}/{path}", headers=headers, follow_redirects=True))

    def send(self, action, having=None, headers=None, **fields):
        """Send a form of the page one is at."""
        form = self.page.form(action, **(having or {}))
        return self._seen(
            self.http.post(form.action, data=form.fields | fields, headers=headers or {}, follow_redirects=True)
        )

    @property
    def at(self):
        return self.answer.url.path.removeprefix(f"{self.prefix}/")

    @property
    def text(self):
        return self.page.text

    def sign_up(self, name, *, email=None, headers=None, **fields):
        self.open("sign-up", **(headers or {}))
        email = email or f"{name}@example.com"
        return self.send("sign-up", headers=headers, name=name, password=PASSWORD, email=email, **fields)

    def sign_in(self, name, password=PASSWORD):
        self.open("sign-in")
        return self.send("sign-in", name=name, password=password)

    def add_app(self, app, **fields):
        """An authenticator app, added; `app` takes the key that is shown."""
        self.open("two-step")
        self.send("two-step/add", having={"kind": "totp"}, **fields)
        secret = re.search(r"Key ((?:[A-Z2-7]{1,4} )+)", self.text)
        return app(secret[1].replace(" ", ""))
