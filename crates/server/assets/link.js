// Takes the token out of the link's fragment and out of the address bar, and hands it over when the person says so.

const main = document.querySelector("main");
const button = document.getElementById("act");
const said = document.getElementById("said");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

function say(which) {
  said.textContent = document.getElementById(which).content.textContent;
  said.dataset.kind = which;
  document.getElementById("lead").hidden = which !== "busy";
  button.hidden = which !== "busy";
  said.focus();
}

async function act() {
  button.disabled = true;
  try {
    const answer = await fetch(main.dataset.call, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    say(answer.ok ? "done" : answer.status >= 500 ? "busy" : "gone");
  } catch {
    say("busy");
  }
  button.disabled = false;
}

if (token) {
  button.hidden = false;
  button.addEventListener("click", act);
} else {
  say("gone");
}
