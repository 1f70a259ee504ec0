// What makes the pages more comfortable. Every page works without it, but for the link of a mail, which has to be pasted then.

const by = (selector, act) => document.querySelectorAll(selector).forEach(act);

// The token of a link goes from the address bar into the form, and nowhere else.
by("form[data-link]", (form) => {
  const field = form.elements.link;
  // Where something else was wrong, the form comes back with the link in it.
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? field.value.split("#token=").at(-1);
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = token;
  field.type = "hidden";
  form.querySelector(".paste").hidden = true;
  // Another language comes back to this page: the browser takes the fragment along, and sends it to nobody.
  by("form[data-language]", (language) => { language.action += `#token=${encodeURIComponent(token)}`; });
});

// Where something went wrong, typing goes on in the field it belongs to, which is read out with the reason; else the reason is.
const trouble = document.getElementById("trouble");
if (trouble) (document.querySelector("[aria-invalid='true']:not([type='hidden'])") ?? trouble).focus();

// Times in the reader's own zone and words.
by("time[datetime]", (element) => {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const language = document.documentElement.lang;
  element.title = element.textContent;
  element.textContent = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(at);
});

// A button that has to wait says how long.
by("button[data-wait]", (button) => {
  const words = button.textContent;
  const end = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) {
      button.disabled = false;
      button.textContent = words;
      clearInterval(timer);
      return;
    }
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    button.disabled = true;
    button.textContent = button.dataset.waitText.replace("{time}", time);
  };
  const timer = setInterval(tick, 1000);
  tick();
});

// A form is sent once; the button that sent it shows that it is under way.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  by("form[data-sent]", (form) => delete form.dataset.sent);
  by("button[aria-busy]", (button) => button.removeAttribute("aria-busy"));
});

// How far a code has come is looked up again: soon at first, then more rarely, for as long as a code lives.
const lively = () => [...document.querySelectorAll("[data-live]")];
const lookAgain = async (pause, end) => {
  await new Promise((done) => { setTimeout(done, pause); });
  try {
    const address = lively()[0].dataset.live;
    const answer = document.hidden ? null : await fetch(address);
    if (answer?.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Offline for a moment: later.
  }
  if (lively().length && Date.now() < end) lookAgain(Math.min(pause * 1.4, 15_000), end);
  else by(".again", (link) => { link.hidden = !lively().length; });
};
const show = (page) => lively().forEach((part) => {
  const now = page.getElementById(part.id);
  // What is being used stays as it is, until the next look.
  if (part.contains(document.activeElement)) return;
  if (!now?.dataset.live) part.removeAttribute("data-live");
  if (!now) return;
  now.querySelectorAll(".again").forEach((link) => { link.hidden = true; });
  if (now.textContent === part.textContent) return;
  part.dataset.stage = now.dataset.stage ?? "";
  part.replaceChildren(...now.childNodes);
});
if (lively().length) {
  by(".again", (link) => { link.hidden = true; });
  lookAgain(1_500, Date.now() + 300_000);
}

// Passwords can be looked at while they are typed.
by("input[data-reveal]", (field) => {
  const { show, hide } = document.body.dataset;
  if (!show) return;
  const frame = document.createElement("div");
  const button = document.createElement("button");
  frame.className = "with-reveal";
  button.type = "button";
  button.className = "reveal";
  button.textContent = show;
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.textContent = shown ? show : hide;
  });
  field.form.addEventListener("submit", () => { field.type = "password"; });
  field.replaceWith(frame);
  frame.append(field, button);
});

// What is copied, printed.
by("button[data-copy]", (button) => {
  if (!navigator.clipboard) return;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
});
by("button[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

// Phones that read the code out of the message fill it in.
by("input[data-otp]", async (field) => {
  if (!("OTPCredential" in window)) return;
  const stop = new AbortController();
  field.form.addEventListener("submit", () => stop.abort());
  try {
    const found = await navigator.credentials.get({ otp: { transport: ["sms"] }, signal: stop.signal });
    field.value = found.code;
  } catch {
    // The person types it.
  }
});

const offline = document.getElementById("offline");
const tell = () => { offline.hidden = navigator.onLine; };
addEventListener("online", tell);
addEventListener("offline", tell);
tell();
