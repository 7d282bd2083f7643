"use strict";
// Keeps the parts marked data-live in step with the ledger, and posts forms without leaving the page. Everything works without it too.
const pulse = document.getElementById("pulse");
const problem = document.getElementById("error");
let fetching = false, again = false;

function busy(part) {
  const active = document.activeElement;
  return (active && part.contains(active) && active.matches("input, select")) || part.querySelector("form.dirty");
}

// Makes `old` like `fresh` and keeps its nodes, so that a click or a focus never falls on something that was just taken away.
function morph(old, fresh, force) {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) { old.replaceWith(fresh); return; }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  const kept = force ? ["data-end"] : ["data-end", "open"];  // what somebody has unfolded stays so while figures change
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (force && old.nodeName === "INPUT" && old.type !== "hidden") old.value = fresh.value;
  const before = [...old.childNodes], after = [...fresh.childNodes];
  after.forEach((node, index) => { if (index < before.length) morph(before[index], node, force); else old.append(node); });
  for (const node of before.slice(after.length)) node.remove();
}

function show(html, force) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next && (force || !busy(part))) morph(part, next, force);
  }
  const said = fresh.getElementById("error");
  return said && !said.hidden ? said.textContent : "";
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

// A page whose figures take a while, and change by the day, is asked for twice a minute at most.
const rest = document.querySelector("main[data-slow]") ? 30000 : 0;
let asked = -Infinity;

async function refresh() {
  if (performance.now() - asked < rest) return;
  if (fetching) { again = true; return; }
  asked = performance.now();
  fetching = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.status === 401) location.reload();  // the session has ended: the way in stands there, not figures of before
    if (answer.ok) show(await answer.text(), false);
  } catch (error) {
    setPulse(false);
  }
  fetching = false;
  if (again) { again = false; refresh(); }
}

function setPulse(on) {
  pulse.classList.toggle("on", on);
  pulse.lastElementChild.textContent = on ? pulse.dataset.on : pulse.dataset.off;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-quiet]");
  if (form) form.classList.toggle("dirty", [...form.elements].some((e) => e.type !== "hidden" && "defaultValue" in e && e.value !== e.defaultValue));
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-quiet]")) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data) });
    if (answer.status === 401) { location.reload(); return; }
    if (answer.status >= 500) throw new Error(answer.statusText);  // HQ's own, or what a proxy says in its place
    const text = await answer.text();
    form.classList.remove("dirty");
    if (document.activeElement && form.contains(document.activeElement)) document.activeElement.blur();
    complain(answer.headers.get("content-type").startsWith("text/html") ? show(text, true) : text);
  } catch (error) {
    complain(problem.dataset.failed);
  }
  for (const button of form.querySelectorAll("button")) button.disabled = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !event.target.closest("form[data-quiet]")) return;
  event.target.form.reset();
  event.target.form.classList.remove("dirty");
  event.target.blur();
});

// An answer that can still be taken back says so for as long as that is true.
setInterval(() => {
  for (const button of document.querySelectorAll("[data-until]")) {
    button.dataset.end ||= String(performance.now() + Number(button.dataset.until));
    if (performance.now() >= Number(button.dataset.end)) button.remove();
  }
}, 250);

// The next picture of a screen is asked for half a second after the last one; one that does not come leaves the last one standing.
for (const image of document.querySelectorAll("[data-screen]")) {
  const next = () => setTimeout(() => {
    const fresh = new Image();
    fresh.onload = () => { image.src = fresh.src; next(); };
    fresh.onerror = next;
    fresh.src = image.dataset.screen + "?" + Date.now();
  }, 500);
  next();
}

const here = document.querySelector("nav [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - 12;

// A browser has six connections to a host for all its tabs: one that nobody looks at leaves its own to the others.
let live = null;

function listen() {
  if (live || document.hidden) return;
  live = new EventSource("/live");
  live.onopen = () => { setPulse(true); refresh(); };
  live.onmessage = (event) => { if (event.data === "changed") refresh(); };
  live.onerror = () => {
    setPulse(false);
    if (live.readyState !== EventSource.CLOSED) return;
    // Something else than a stream was answered (a proxy while HQ restarts, a session that ended): browsers ask no more by themselves.
    hangUp();
    setTimeout(() => { refresh(); listen(); }, 2000);
  };
}

function hangUp() {
  if (live) live.close();
  live = null;
}

document.addEventListener("visibilitychange", () => { if (document.hidden) hangUp(); else listen(); });
listen();
