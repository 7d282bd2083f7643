"use strict";
// Plays an hour of a shelf: the weight of each load cell, what the shelf made of it, and what really happened.
const root = document.getElementById("replay"), words = JSON.parse(root.dataset.words);
const seek = document.getElementById("seek"), clock = document.getElementById("clock"), play = document.getElementById("play");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--color-" + name).trim();
const signed = (n) => (n > 0 ? "+" : "−") + Math.abs(n);
const stamp = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
const SPAN = 300, LEAST_G = 150;
let show, at = 0, playing = false, before = 0;

fetch(root.dataset.source).then((answer) => answer.json()).then((data) => {
  show = data;
  seek.max = Math.floor(show.seconds);
  build();
  at = Math.min(show.seconds, SPAN);
  draw();
});

function build() {
  const lanes = document.getElementById("lanes");
  for (const cell of show.cells) {
    const row = document.createElement("div"), name = document.createElement("div"), canvas = document.createElement("canvas");
    row.className = "lane-row";
    name.className = "lane-name";
    const label = document.createElement("b"), what = document.createElement("small"), grams = document.createElement("span");
    label.textContent = cell.cell;
    what.textContent = what.title = cell.products.join(", ");
    grams.className = "grams";
    name.append(label, what, grams);
    canvas.addEventListener("click", (e) => { const box = canvas.getBoundingClientRect(); at = Math.max(0, left() + ((e.clientX - box.left) / box.width) * SPAN); draw(); });
    row.append(name, canvas);
    lanes.append(row);
    cell.node = { canvas, grams };
  }
  const pairs = document.getElementById("pairs");
  for (const pair of show.pairs) {
    const row = document.createElement("div"), time = document.createElement("time"), truth = document.createElement("span"), found = document.createElement("span");
    row.className = "pair";
    time.textContent = stamp(pair.time_s);
    truth.textContent = pair.truth ? `${signed(pair.truth.pieces)} ${pair.truth.product}` : "–";
    const verdict = document.createElement("b");
    verdict.textContent = pair.found ? (pair.found.product ? `${signed(pair.found.pieces)} ${pair.found.product}` : words.unsure) : words.missed;
    found.append(verdict);
    if (pair.kind === "extra") found.append(` · ${words.extra}`);
    row.classList.toggle("bad", pair.kind === "missed" || pair.kind === "wrong" || pair.kind === "extra");
    row.classList.toggle("warm", pair.kind === "unsure" || pair.kind === "count");
    row.append(time, truth, found);
    row.addEventListener("click", () => { at = pair.time_s; draw(); });
    pairs.append(row);
    pair.node = row;
  }
}

const left = () => Math.max(0, Math.min(at - SPAN * 0.75, Math.max(0, show.seconds - SPAN)));

function draw() {
  clock.textContent = stamp(at);
  seek.value = at;
  for (const cell of show.cells) lane(cell);
  const done = show.pairs.filter((p) => p.time_s <= at), tally = document.getElementById("tally");
  const count = (kind) => done.filter((p) => p.kind === kind).length;
  const off = new Map();
  for (const pair of done) {
    if (pair.truth) off.set(pair.truth.product, (off.get(pair.truth.product) || 0) + pair.truth.pieces);
    if (pair.found && pair.found.product) off.set(pair.found.product, (off.get(pair.found.product) || 0) - pair.found.pieces);
  }
  const net = [...off.values()].reduce((sum, n) => sum + Math.abs(n), 0);
  const chips = [["good", `${count("right")} ${words.right}`], ["warm", `${count("unsure")} ${words.unsure}`],
    [count("missed") + count("wrong") + count("count") + count("extra") ? "bad" : "dim", `${count("missed") + count("wrong") + count("count") + count("extra")} ${words.other}`],
    [net ? "warm" : "good", `${words.net} ${net}`]];
  tally.replaceChildren(...chips.map(([kind, text]) => { const chip = document.createElement("span"); chip.className = "chip " + kind; chip.textContent = text; return chip; }));
  let newest = null;
  for (const pair of show.pairs) {
    pair.node.classList.toggle("later", pair.time_s > at);
    pair.node.classList.remove("now");
    if (pair.time_s <= at) newest = pair;
  }
  if (newest) {
    newest.node.classList.add("now");
    const box = document.querySelector(".pairs");
    if (box.scrollHeight > box.clientHeight) box.scrollTop = Math.max(0, newest.node.offsetTop - box.offsetTop - box.clientHeight * 0.6);
  }
}

// What the weight does in view, without the pushes of hands; never so little that noise looks like goods.
function span(grams) {
  const sorted = grams.filter((g) => g !== null).sort((a, b) => a - b);
  if (!sorted.length) return [0, 1];
  const low = sorted[Math.floor(sorted.length * 0.02)], high = sorted[Math.floor(sorted.length * 0.98)];
  const room = Math.max(0, LEAST_G - (high - low)) / 2 + 10;
  return [low - room, high + room];
}

function lane(cell) {
  const { canvas, grams } = cell.node, ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
  const pen = canvas.getContext("2d"), start = left(), x = (t) => ((t - start) / SPAN) * width;
  const until = Math.min(cell.grams.length - 1, Math.floor(at / show.step_s));
  const [low, high] = span(cell.grams.slice(Math.floor(start / show.step_s), until + 1));
  const y = (g) => 24 + (1 - (Math.max(low, Math.min(high, g)) - low) / (high - low)) * (height - 44);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.beginPath();
  pen.strokeStyle = colour("plum");
  pen.lineWidth = 1.6;
  let down = false;
  for (let i = Math.max(0, Math.floor(start / show.step_s)); i <= until; i += 1) {
    if (cell.grams[i] === null) { down = false; continue; }
    if (down) pen.lineTo(x(i * show.step_s), y(cell.grams[i])); else pen.moveTo(x(i * show.step_s), y(cell.grams[i]));
    down = true;
  }
  pen.stroke();
  pen.font = "600 11px " + getComputedStyle(document.body).fontFamily;
  pen.textAlign = "center";
  let last = -99, lifted = 0;
  for (const pair of show.pairs) {
    if (pair.time_s < start || pair.time_s > Math.min(at, start + SPAN)) continue;
    if (pair.found && pair.found.cells.includes(cell.cell)) {
      pen.fillStyle = colour(pair.found.product ? (pair.found.pieces < 0 ? "coral" : "green") : "blue");
      const spot = x(pair.found.time_s);
      lifted = spot - last < 20 ? (lifted ? 0 : 9) : 0;
      last = spot;
      pen.fillText(pair.found.product ? signed(pair.found.pieces) : "?", spot, 18 - lifted);
      pen.globalAlpha = 0.4;
      pen.fillRect(spot - 0.75, 21, 1.5, height - 38);
      pen.globalAlpha = 1;
    }
    if (pair.truth && pair.truth.cells.includes(cell.cell)) {
      pen.fillStyle = colour("ink");
      pen.fillText(signed(pair.truth.pieces), x(pair.truth.time_s), height - 4);
    }
  }
  const now = cell.grams[until];
  grams.textContent = now === null ? "" : `${Math.round(now)} g`;
}

function tick(moment) {
  if (!playing) return;
  at = Math.min(show.seconds, at + ((moment - before) / 1000) * Number(document.getElementById("speed").value));
  before = moment;
  draw();
  if (at >= show.seconds) stop(); else requestAnimationFrame(tick);
}

function stop() {
  playing = false;
  play.textContent = "▶";
}

play.addEventListener("click", () => {
  if (playing) { stop(); return; }
  if (at >= show.seconds) at = 0;
  playing = true;
  play.textContent = "❚❚";
  before = performance.now();
  requestAnimationFrame(tick);
});
seek.addEventListener("input", () => { at = Number(seek.value); draw(); });
window.addEventListener("resize", () => show && draw());
document.getElementById("which")?.addEventListener("change", (event) => event.target.form.submit());
