// What the two pages do: ask the server, ask the browser for a passkey, and say what went wrong where it did.
// Text comes in as text: nothing here makes markup (the policy forbids it).

const $ = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=solely-token]").content;
const KINDS = {
  passkey: "Passkey", totp: "Authenticator app", sms: "Code by SMS", email: "Code by e-mail",
  "recovery-codes": "Recovery codes",
};
const STATES = { pending: "not finished", disabled: "switched off" };
const RISK = "A phone number can be taken over or read along with, and this way can be phished. Add a passkey or an app beside it.";
const WRONG = { wrong: "That is not right", used: "That was used already", "clock-off": "The clock of the phone is off" };
// What a browser's own errors mean to a person.
const BROWSER = {
  InvalidStateError: "You have this one already: the device you chose holds a passkey for this account. Choose another device.",
  NotAllowedError: "Nothing was done: it was cancelled, or took too long. You can try again.",
  NotSupportedError: "This browser or device can't make that kind of passkey. Try another device.",
  SecurityError: "A passkey is bound to a name: open this page as localhost, not by its number.",
};

class Problem extends Error {
  constructor(said) {
    super(said.what);
    this.said = said;
  }
}

async function ask(path, body) {
  const headers = { "X-Solely-Token": token };
  const request = body === undefined ? { headers } : {
    method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new Problem({ what: "the server does not answer", cure: "see that it still runs" });
  }
  if (response.status === 204) return null;
  const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  const content = isJson ? await response.json() : { what: "the server failed", cure: "see what it printed" };
  if (!response.ok) throw new Problem(content);
  return content;
}

const capital = (text) => text && text[0].toUpperCase() + text.slice(1);
const sentence = (text) => capital(text).replace(/([^.!?])$/, "$1.");

function words(error) {
  if (error instanceof Problem) {
    const { what, cure, retry_at } = error.said;
    const until = retry_at && new Date(retry_at) > new Date() ? `Until ${new Date(retry_at).toLocaleTimeString()}.` : "";
    return [sentence(WRONG[what] ?? what), sentence(cure ?? ""), until].filter(Boolean).join(" ");
  }
  return BROWSER[error.name] ?? `This browser can't do that (${error.name}).`;
}

function tell(place, error, field) {
  $(place).textContent = error ? words(error) : "";
  if (!field) return;
  if (error) {
    field.setAttribute("aria-invalid", "true");
    field.select();
  } else {
    field.removeAttribute("aria-invalid");
  }
}

// Run what a press asks for, once at a time; an error is said at its place. The button is not disabled in earnest:
// focus has to come back to it when a dialog closes.
async function doing(button, place, work, field) {
  if (button.ariaDisabled === "true") return;
  tell(place, null, field);
  button.ariaDisabled = "true";
  try {
    await work();
  } catch (error) {
    tell(place, error, field);
  } finally {
    button.ariaDisabled = null;
  }
  if (field?.getAttribute("aria-invalid")) field.focus();
}

function on(form, place, work, field) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(event.submitter ?? form.querySelector("button"), place, work, field);
  });
}

async function made(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
}

async function shown(options, more = {}) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey, ...more })).toJSON();
}

// A field for codes: which keyboard and which filling-in depend on whose code it is.
function offer(select, field, factors) {
  select.replaceChildren(...factors.map((one) => new Option(one.name, one.id)));
  const fit = () => {
    const digits = factors.find((one) => one.id === select.value)?.kind === "totp";
    field.inputMode = digits ? "numeric" : "text";
    field.autocomplete = digits ? "one-time-code" : "off";
  };
  select.onchange = fit;
  fit();
}

// -- dialogs: each is a promise of what came out of it, null where it was closed; `forget` wipes what was shown once

function opened(dialog, start, forget = () => null) {
  for (const field of dialog.querySelectorAll("input")) {
    field.value = "";
    field.removeAttribute("aria-invalid");
  }
  for (const place of dialog.querySelectorAll(".error")) place.textContent = "";
  return new Promise((resolve) => {
    let outcome = null;
    const finish = (value) => {
      outcome = value;
      dialog.close();
    };
    dialog.onclose = () => {
      forget();
      resolve(outcome);
    };
    dialog.querySelector("[data-close]").onclick = () => dialog.close();
    start(finish);
    dialog.showModal();
  });
}

function submitted(dialog, place, field, work) {
  dialog.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    doing(event.submitter, place, work, field);
  };
}

async function proved() {
  const begun = await ask("/api/challenge", {});
  return opened($("proof"), (finish) => {
    const answer = async (given) => finish((await ask("/api/answer", { challenge: begun.challenge, ...given })).proof);
    $("proof-passkey").hidden = !begun.passkey;
    $("proof-or").hidden = !begun.passkey || !begun.factors.length;
    $("proof-typed").hidden = $("proof-send").hidden = !begun.factors.length;
    if (!begun.passkey && !begun.factors.length)
      tell("proof-error", new Problem({ what: "nothing that is there can be asked here", cure: "this trial sends no codes" }));
    offer($("proof-factor"), $("proof-code"), begun.factors);
    $("proof-passkey").onclick = () =>
      doing($("proof-passkey"), "proof-error", async () => answer({ answer: await shown(begun.passkey) }));
    submitted($("proof"), "proof-error", $("proof-code"), () =>
      answer({ factor: $("proof-factor").value, answer: $("proof-code").value }));
  });
}

let proof = null; // of this visit; the server says when it is too old

// Do what needs a proof: with the one there is, or with a fresh one. False where the person turned back.
async function withProof(work, known) {
  try {
    await work(known);
    return true;
  } catch (error) {
    if (error.said?.error !== "ProofNeeded") throw error;
  }
  proof = await proved();
  if (!proof) return false;
  await work(proof);
  return true;
}

// -- the page of factors

async function showFactors() {
  const factors = await ask("/api/factors");
  $("factors").replaceChildren(...factors.map(row));
  $("none").hidden = factors.length > 0;
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function row(one) {
  const line = element("li", "");
  const about = element("div", "");
  const title = element("p", "");
  title.append(element("b", one.name), " ");
  if (one.phishing_resistant) title.append(element("span", "phishing-resistant", "badge good"), " ");
  if (STATES[one.state]) title.append(element("span", STATES[one.state], "badge bad"));
  const since = element("time", new Date(one.since).toLocaleDateString(undefined, { dateStyle: "long" }));
  since.dateTime = one.since;
  const kind = one.name === KINDS[one.kind] ? "" : `${KINDS[one.kind]}, `;
  const detail = element("p", capital(`${kind}${one.state === "active" ? "in use since" : "begun on"} `), "soft");
  detail.append(since);
  about.append(title, detail);
  const remove = element("button", "Remove");
  remove.setAttribute("aria-label", `Remove ${one.name}`);
  remove.onclick = () => doing(remove, "factors-error", () => removed(one));
  line.append(about, remove);
  if (one.restricted) line.append(element("p", RISK, "risk"));
  return line;
}

async function removed(one) {
  $("removal-name").textContent = one.name;
  const sure = await opened($("removal"), (finish) => submitted($("removal"), "factors-error", null, () => finish(true)));
  if (!sure) return;
  const done = await withProof((fresh) => ask("/api/remove", { factor: one.id, proof: fresh }), null);
  if (!done) return;
  await say(`${one.name} was removed.`);
  $("factors-title").focus(); // the button that was pressed is gone
}

async function say(text) {
  $("status").textContent = text;
  await showFactors();
}

// Begin to enrol, let `confirm` get the first answer, and take back what was not finished.
async function enrolled(wanted, confirm, done) {
  $("status").textContent = "";
  let begun = null;
  const went = await withProof(async (shown) => {
    begun = await ask("/api/enrol", { ...wanted, proof: shown });
  }, proof);
  if (!went) return;
  let finished = false;
  try {
    finished = await confirm(begun);
  } finally {
    if (!finished) await ask("/api/remove", { factor: begun.factor, proof }).catch(() => null);
    await showFactors();
  }
  if (finished) await say(done);
}

const answerTo = (begun, answer) => ask("/api/answer", { challenge: begun.challenge, factor: begun.factor, answer });

async function addPasskey() {
  await enrolled({ kind: "passkey", name: $("passkey-name").value }, async (begun) => {
    await answerTo(begun, await made(begun.passkey));
    $("passkey-name").value = "";
    return true;
  }, "The passkey was added.");
}

async function addApp() {
  const confirm = (begun) => opened($("app"), (finish) => {
    $("app-qr").src = begun.qr;
    $("app-key").textContent = begun.secret;
    submitted($("app"), "app-error", $("app-code"), async () => {
      await answerTo(begun, $("app-code").value);
      $("totp-name").value = "";
      finish(true);
    });
  }, () => {
    $("app-qr").removeAttribute("src");
    $("app-key").textContent = "";
  });
  await enrolled({ kind: "totp", name: $("totp-name").value }, confirm, "The authenticator app was added.");
}

async function addCodes() {
  const confirm = (begun) => opened($("codes"), (finish) => {
    $("codes-copied").textContent = "";
    $("codes-list").replaceChildren(...begun.codes.map((code) => {
      const line = element("li", "");
      line.append(element("code", code));
      return line;
    }));
    $("codes-copy").onclick = () => doing($("codes-copy"), "codes-code-error", async () => {
      await navigator.clipboard.writeText(begun.codes.join("\n"));
      $("codes-copied").textContent = "Copied.";
    });
    submitted($("codes"), "codes-code-error", $("codes-code"), async () => {
      await answerTo(begun, $("codes-code").value);
      finish(true);
    });
  }, () => $("codes-list").replaceChildren());
  await enrolled({ kind: "recovery-codes" }, confirm, "The recovery codes are ready: nine are left.");
}

function startFactors() {
  on($("add-passkey"), "passkey-error", addPasskey);
  on($("add-totp"), "totp-error", addApp);
  on($("add-codes"), "codes-error", addCodes);
  showFactors().catch((error) => tell("factors-error", error));
}

// -- the page to sign in at

let waiting = null; // what aborts the autofill's question: a browser asks one at a time

// Offer passkeys where the name is typed. The challenge ends some time, so a new one takes its place before.
async function autofill() {
  const mine = (waiting = new AbortController());
  if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
  const begun = await ask("/api/sign-in", {});
  const again = setTimeout(() => {
    mine.abort();
    autofill().catch(() => null);
  }, (begun.seconds - 30) * 1000);
  try {
    const answer = await shown(begun.passkey, { mediation: "conditional", signal: mine.signal });
    signedIn(await ask("/api/sign-in/answer", { challenge: begun.challenge, answer }));
  } catch (error) {
    if (error instanceof Problem) tell("ask-error", error); // else nobody chose one: there is the button
  } finally {
    clearTimeout(again);
  }
}

// Ask in place of the autofill; if that comes to nothing, the autofill offers again.
async function instead(work) {
  waiting?.abort();
  try {
    await work();
  } catch (error) {
    autofill().catch(() => null);
    throw error;
  }
}

// Autofill does not list every passkey (one on a security key, or on another device): the button asks for any.
async function usePasskey() {
  const begun = await ask("/api/sign-in", {});
  const answer = await shown(begun.passkey);
  signedIn(await ask("/api/sign-in/answer", { challenge: begun.challenge, answer }));
}

async function askCode() {
  const begun = await ask("/api/sign-in/name", { name: $("name").value });
  if (!begun.factors.length && !begun.passkey)
    throw new Problem({ what: "nothing is there to sign in by", cure: "add a factor first" });
  offer($("factor"), $("code"), begun.factors);
  $("which").hidden = begun.factors.length < 2;
  $("typed").hidden = $("code-send").hidden = !begun.factors.length;
  $("use-key").hidden = !begun.passkey;
  $("code-form").hidden = false;
  $("who-go").hidden = true;
  const answer = async (given) => signedIn(await ask("/api/answer", { challenge: begun.challenge, ...given }));
  $("code-form").onsubmit = (event) => {
    event.preventDefault();
    const work = () => answer({ factor: $("factor").value, answer: $("code").value });
    doing($("code-send"), "code-error", work, $("code"));
  };
  const byKey = async () => answer({ answer: await shown(begun.passkey) });
  $("use-key").onclick = () => doing($("use-key"), "code-error", () => instead(byKey));
  (begun.factors.length ? $("code") : $("use-key")).focus();
}

function signedIn(outcome) {
  waiting?.abort();
  $("result-subject").textContent = outcome.subject;
  $("result-amr").textContent = outcome.amr.join(", ");
  $("result-aal").textContent = outcome.aal.toUpperCase();
  $("result-resistant").textContent = outcome.phishing_resistant ? "yes" : "no";
  $("ask").hidden = true;
  $("result").hidden = false;
  $("result-title").focus();
}

function startSignIn() {
  on($("who"), "name-error", askCode, $("name"));
  $("name").oninput = () => {
    $("code-form").hidden = true;
    $("who-go").hidden = false;
  };
  $("use-passkey").onclick = () => doing($("use-passkey"), "ask-error", () => instead(usePasskey));
  autofill().catch((error) => tell("ask-error", error));
}

({ factors: startFactors, "sign-in": startSignIn })[document.body.dataset.page]();
