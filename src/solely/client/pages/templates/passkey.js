// Asks the browser for a passkey with the options of a form, and sends the form with what it answered.

const BROWSER = {
  InvalidStateError: "You have this one already: the device you chose holds a passkey for this account.",
  NotAllowedError: "Nothing was done: it was cancelled, or took too long. You can try again.",
  NotSupportedError: "This browser or device can't make that kind of passkey. Try another device.",
  SecurityError: "A passkey is bound to the site's name, and this is another.",
};

async function answer(form) {
  const options = JSON.parse(form.dataset.options);
  if (form.dataset.passkey === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey ?? options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options);
  return navigator.credentials.get({ publicKey });
}

async function ask(form, atOnce = false) {
  const told = form.querySelector("[data-error]");
  const button = form.querySelector("button");
  told.textContent = "";
  button.disabled = true;
  try {
    form.elements.answer.value = JSON.stringify((await answer(form)).toJSON());
    form.submit();
  } catch (error) {
    if (!atOnce) told.textContent = BROWSER[error.name] ?? `This browser can't do that (${error.name}).`;
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
  if ("atOnce" in form.dataset) ask(form, true); // where a browser wants a press first, there is the button
}
