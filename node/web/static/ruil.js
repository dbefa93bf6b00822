// Live updates. Everything works without this: it fetches the page again when the node says that something changed,
// and puts the marked parts in place of the old ones, unless somebody is typing there.
const body = document.body;
const news = document.getElementById("news");
const title = document.title;
let updating = false;
let again = false;

function busy(part) {
  if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  if (part.querySelector("details[open]") !== null) return true;
  return [...part.querySelectorAll("input, textarea")].some(
    (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
  );
}

function unlike(one, other) {
  // Nonces differ on every fetch and are no news.
  const plain = (part) => part.innerHTML.replace(/name="nonce" value="[^"]*"/g, "");
  return plain(one) !== plain(other);
}

async function update() {
  if (updating) { again = true; return; }
  updating = true;
  do {
    again = false;
    // A node that is gone answers nothing; the next word from it finds this page ready again.
    const address = new URL(location.href);
    if (document.hidden) address.searchParams.set("peek", "yes"); // nobody has read what nobody could see
    const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
    if (answer === null || !answer.ok) break;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      const other = fresh.getElementById(part.id);
      if (other === null || busy(part) || !unlike(part, other)) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      part.replaceChildren(...other.childNodes);
      if (focused !== null) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
      if (part.dataset.says) news.textContent = `New: the ${part.dataset.says} on this page changed.`;
    }
    countInTitle();
  } while (again);
  updating = false;
}

function countInTitle() {
  const counts = [...document.querySelectorAll("nav .count")].map((count) => Number(count.firstChild.textContent));
  const waiting = counts.reduce((sum, each) => sum + each, 0);
  document.title = waiting ? `(${waiting}) ${title}` : title;
}

// Beside each text that is to be handed over.
function copying() {
  for (const field of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard.writeText(field.value);
      news.textContent = button.textContent = "Copied";
    });
    field.after(button);
  }
}

// Typing an amount chooses the line it belongs to.
for (const inset of document.querySelectorAll(".inset")) {
  inset.addEventListener("input", () => {
    inset.previousElementSibling.querySelector("input[type=radio]").checked = true;
  });
}

copying();
countInTitle();
if (body.dataset.events) {
  const events = new EventSource(body.dataset.events);
  const network = document.getElementById("network");
  events.addEventListener("ready", (event) => { network.textContent = event.data; });
  events.addEventListener("error", () => { network.textContent = "Your node does not answer. Is ruil running?"; });
  if (body.dataset.live) {
    events.addEventListener("changed", update);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
  } else events.addEventListener("changed", () => { news.textContent = "Something changed on your node."; });
}
