"use strict";
// The planogram editor: slots are blocks on boards, to scale; load cells lie under the boards. Nothing is sent before "save".
const data = JSON.parse(document.getElementById("data").textContent);
const products = new Map(data.products.map((p) => [p.gtin, p]));
const $ = (id) => document.getElementById(id);
const STEP = 5, NEW_WIDTH = 120, LEAST = 20, USUAL = 900;
let slots = data.plan.slots.map((s) => ({ ...s, shelf: s.shelf || "A" }));
let boards = readBoards();
let chosen = null, first = "";

function readBoards() {
  const found = new Map();
  for (const plate of data.plan.plates) {
    const board = found.get(plate.shelf) || { name: plate.shelf, length: 0, plates: [] };
    board.plates.push({ ...plate });
    board.length = Math.max(board.length, plate.x_mm + plate.width_mm);
    found.set(plate.shelf, board);
  }
  for (const slot of slots) {
    const board = found.get(slot.shelf) || { name: slot.shelf, length: 0, plates: [] };
    board.length = Math.max(board.length, board.plates.length ? 0 : USUAL, Math.ceil((slot.x_mm + slot.width_mm) / 50) * 50);
    found.set(slot.shelf, board);
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

const scale = () => Math.max(document.querySelector(".ground")?.clientWidth || 800, 1) / Math.max(300, ...boards.map((b) => b.length));
const snapped = (mm) => Math.max(0, Math.round(mm / STEP) * STEP);
const onBoard = (board) => slots.filter((s) => s.shelf === board.name);
const clashes = (s) => slots.some((o) => o !== s && o.shelf === s.shelf && o.x_mm < s.x_mm + s.width_mm - 0.5 && s.x_mm < o.x_mm + o.width_mm - 0.5);

// The load cells that feel a slot: those it lies over by half a centimetre or more. A board without load cells: one of the slot's own.
function restand(slot) {
  const board = boards.find((b) => b.name === slot.shelf);
  slot.plates = board.plates.filter((p) => Math.min(p.x_mm + p.width_mm, slot.x_mm + slot.width_mm) - Math.max(p.x_mm, slot.x_mm) >= 5).map((p) => p.cell);
}

function drawing() {
  return { slots, plates: boards.flatMap((b) => b.plates), version: data.plan.version };
}

function picture(product) {
  if (product && product.picture) {
    const image = document.createElement("img");
    image.src = "/assets/" + product.picture;
    image.alt = "";
    image.draggable = false;
    return image;
  }
  const initial = document.createElement("span");
  initial.className = "initial";
  initial.textContent = (product ? product.name : "?").slice(0, 1);
  return initial;
}

function draw() {
  const root = $("boards");
  root.replaceChildren();
  for (const board of boards) {
    const node = $("board-template").content.firstElementChild.cloneNode(true);
    node.querySelector(".board-name").value = board.name;
    node.querySelector(".board-length").value = board.length;
    node.querySelector(".board-plates").value = board.plates.length;
    node.querySelector(".ground").dataset.board = board.name;
    node.querySelector(".board-name").addEventListener("change", (e) => rename(board, e.target.value.trim()));
    node.querySelector(".board-length").addEventListener("change", (e) => { board.length = Math.max(100, Math.min(20000, Number(e.target.value) || 900)); draw(); });
    node.querySelector(".board-plates").addEventListener("change", (e) => divide(board, Math.max(0, Math.min(60, Number(e.target.value) || 0))));
    root.append(node);
  }
  const perMm = scale();
  for (const board of boards) {
    const ground = document.querySelector(`.ground[data-board="${CSS.escape(board.name)}"]`);
    for (const slot of onBoard(board)) ground.append(block(slot, perMm));
    for (const plate of board.plates) {
      const node = document.createElement("i");
      node.className = "plate";
      node.textContent = node.title = plate.cell;
      node.style.left = plate.x_mm * perMm + 1 + "px";
      node.style.width = plate.width_mm * perMm - 2 + "px";
      ground.nextElementSibling.append(node);
    }
  }
  inspect();
  said();
}

function block(slot, perMm) {
  const product = products.get(slot.gtin), node = document.createElement("div");
  node.className = "block" + (slot === chosen ? " chosen" : "") + (clashes(slot) ? " clash" : "");
  node.tabIndex = 0;
  node.setAttribute("role", "listitem");
  node.dataset.slot = slot.slot;
  node.title = `${slot.slot} · ${product ? product.name : slot.gtin}`;
  node.style.left = slot.x_mm * perMm + "px";
  node.style.width = slot.width_mm * perMm + "px";
  const name = document.createElement("b"), fill = document.createElement("small"), grip = document.createElement("span");
  name.textContent = product ? product.name : slot.gtin;
  const there = data.stock[slot.slot];
  fill.textContent = `${slot.slot} · ${there === undefined ? "" : there + "/"}${slot.capacity}`;
  grip.className = "grip";
  node.append(picture(product), name, fill, grip);
  node.addEventListener("pointerdown", (event) => drag(event, slot, node, event.target === grip));
  node.addEventListener("keydown", (event) => key(event, slot));
  node.addEventListener("focus", () => { if (chosen !== slot) { chosen = slot; mark(); inspect(); } });
  return node;
}

function mark() {
  for (const node of document.querySelectorAll(".block")) node.classList.toggle("chosen", chosen !== null && node.dataset.slot === chosen.slot);
}

function drag(event, slot, node, resizing) {
  event.preventDefault();
  node.focus();
  node.classList.add("moving");
  const begin = { x: event.clientX, at: slot.x_mm, width: slot.width_mm }, perMm = scale();
  const move = (e) => {
    const mm = (e.clientX - begin.x) / perMm;
    if (resizing) slot.width_mm = Math.max(LEAST, snapped(begin.width + mm));
    else slot.x_mm = snapped(begin.at + mm);
    node.style.left = slot.x_mm * perMm + "px";
    node.style.width = slot.width_mm * perMm + "px";
    node.classList.toggle("clash", clashes(slot));
    over(e);
  };
  const end = (e) => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
    window.removeEventListener("pointercancel", end);
    const ground = groundAt(e);
    if (!resizing && ground) slot.shelf = ground.dataset.board;
    restand(slot);
    over(null);
    draw();
    document.querySelector(`.block[data-slot="${CSS.escape(slot.slot)}"]`)?.focus();
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
  window.addEventListener("pointercancel", end);
}

function groundAt(event) {
  return document.elementsFromPoint(event.clientX, event.clientY).find((n) => n.classList.contains("ground")) || null;
}

function over(event) {
  const ground = event && groundAt(event);
  for (const node of document.querySelectorAll(".ground")) node.classList.toggle("over", node === ground);
}

function key(event, slot) {
  const step = event.shiftKey ? 50 : STEP;
  if (event.key === "ArrowLeft") slot.x_mm = Math.max(0, slot.x_mm - step);
  else if (event.key === "ArrowRight") slot.x_mm += step;
  else if (event.key === "Delete" || event.key === "Backspace") { remove(slot); return; }
  else return;
  event.preventDefault();
  restand(slot);
  draw();
  document.querySelector(`.block[data-slot="${CSS.escape(slot.slot)}"]`)?.focus();
}

function take(event, product) {
  event.preventDefault();
  const ghost = document.createElement("div");
  ghost.className = "ghost-block";
  ghost.append(picture(product), document.createElement("br"), product.name);
  const place = (e) => { ghost.style.left = e.clientX + "px"; ghost.style.top = e.clientY + "px"; over(e); };
  place(event);
  document.body.append(ghost);
  const end = (e) => {
    window.removeEventListener("pointermove", place);
    window.removeEventListener("pointerup", end);
    window.removeEventListener("pointercancel", end);
    ghost.remove();
    over(null);
    const ground = e.type === "pointerup" && groundAt(e);
    if (ground) add(product, ground, e.clientX);
  };
  window.addEventListener("pointermove", place);
  window.addEventListener("pointerup", end);
  window.addEventListener("pointercancel", end);
}

function add(product, ground, clientX) {
  const board = boards.find((b) => b.name === ground.dataset.board);
  const x = snapped((clientX - ground.getBoundingClientRect().left) / scale() - NEW_WIDTH / 2);
  let n = 1;
  while (slots.some((s) => s.slot === board.name + n)) n += 1;
  const slot = { slot: board.name + n, gtin: product.gtin, capacity: 10, reorder_point: 3, case_pack: 1, plates: [], shelf: board.name, x_mm: x, width_mm: NEW_WIDTH };
  settle(slot);
  slots.push(slot);
  restand(slot);
  chosen = slot;
  draw();
}

// A new slot takes the room that is there: between its neighbours, not over them.
function settle(slot) {
  const middle = slot.x_mm + slot.width_mm / 2;
  const others = slots.filter((s) => s.shelf === slot.shelf);
  const left = Math.max(0, ...others.filter((o) => o.x_mm + o.width_mm / 2 <= middle).map((o) => o.x_mm + o.width_mm));
  const right = Math.min(boards.find((b) => b.name === slot.shelf).length, ...others.filter((o) => o.x_mm + o.width_mm / 2 > middle).map((o) => o.x_mm));
  if (right - left < LEAST) return;
  slot.width_mm = Math.min(slot.width_mm, right - left);
  slot.x_mm = Math.min(Math.max(slot.x_mm, left), right - slot.width_mm);
}

function remove(slot) {
  slots = slots.filter((s) => s !== slot);
  if (chosen === slot) chosen = null;
  draw();
}

function rename(board, name) {
  if (name && !boards.some((b) => b !== board && b.name === name)) {
    for (const slot of onBoard(board)) slot.shelf = name;
    for (const plate of board.plates) plate.shelf = name;
    board.name = name;
  }
  draw();
}

function divide(board, count) {
  const names = new Set(boards.filter((b) => b !== board).flatMap((b) => b.plates.map((p) => p.cell)));
  const width = Math.round((board.length / Math.max(1, count)) * 10) / 10;
  board.plates = Array.from({ length: count }, (_, i) => {
    let cell = board.plates[i]?.cell || `${board.name}-P${i + 1}`;
    while (names.has(cell)) cell += "x";
    names.add(cell);
    return { cell, shelf: board.name, x_mm: Math.round(i * width * 10) / 10, width_mm: width };
  });
  for (const slot of onBoard(board)) restand(slot);
  draw();
}

const FIELDS = ["slot", "capacity", "reorder_point", "case_pack", "x_mm", "width_mm"];

function inspect() {
  $("inspector").hidden = chosen === null;
  if (chosen === null) return;
  const product = products.get(chosen.gtin);
  $("chosen-name").textContent = product ? product.name : chosen.gtin;
  for (const field of FIELDS) if (document.activeElement !== $("f-" + field)) $("f-" + field).value = chosen[field];
  $("stands").textContent = chosen.plates.length ? `${$("stands").dataset.on} ${chosen.plates.join(", ")}` : $("stands").dataset.own;
}

for (const field of FIELDS) {
  $("f-" + field).addEventListener("change", (event) => {
    const text = event.target.value.trim().replace(",", ".");
    if (field === "slot") chosen.slot = text;
    else chosen[field] = Math.max(field === "width_mm" ? LEAST : 0, Number(text) || 0);
    restand(chosen);
    draw();
  });
}

function said() {
  const names = slots.map((s) => s.slot), text = $("said").dataset;
  const bad = slots.some(clashes) ? text.clash : new Set(names).size < names.length || names.some((n) => !n) ? text.twice : "";
  const dirty = JSON.stringify(drawing()) !== first;
  $("said").textContent = bad || (dirty ? text.dirty : text.clean);
  $("said").classList.toggle("bad", bad !== "");
  $("save").disabled = bad !== "" || !dirty;
}

function fillPalette() {
  const wanted = $("find").value.trim().toLowerCase();
  $("palette").replaceChildren(...data.products.filter((p) => !wanted || p.name.toLowerCase().includes(wanted) || p.gtin.includes(wanted)).map((product) => {
    const node = document.createElement("button"), name = document.createElement("span"), weight = document.createElement("small");
    node.type = "button";
    node.className = "product";
    node.dataset.gtin = product.gtin;
    name.textContent = product.name;
    weight.textContent = product.weight ? `${product.weight} g` : "";
    node.append(picture(product), name, weight);
    node.addEventListener("pointerdown", (event) => take(event, product));
    node.addEventListener("click", (event) => { if (event.detail === 0 && boards.length) addAtEnd(product); });
    return node;
  }));
}

// With the keyboard: onto the first board, behind what stands there.
function addAtEnd(product) {
  const board = boards[0], ground = document.querySelector(".ground");
  const end = Math.max(0, ...onBoard(board).map((s) => s.x_mm + s.width_mm));
  add(product, ground, ground.getBoundingClientRect().left + (end + NEW_WIDTH / 2) * scale());
}

$("add-board").addEventListener("click", () => {
  let letter = 65;
  while (boards.some((b) => b.name === String.fromCharCode(letter))) letter += 1;
  boards.push({ name: String.fromCharCode(letter), length: Math.max(USUAL, ...boards.map((b) => b.length)), plates: [] });
  draw();
});
$("remove").addEventListener("click", () => chosen && remove(chosen));
$("find").addEventListener("input", fillPalette);
$("save-form").addEventListener("submit", () => { $("plan-field").value = JSON.stringify(drawing()); first = $("plan-field").value; });
window.addEventListener("resize", draw);
window.addEventListener("beforeunload", (event) => { if (JSON.stringify(drawing()) !== first) event.preventDefault(); });

const failed = !$("error").hidden;
if (!boards.length) boards.push({ name: "A", length: USUAL, plates: [] });
first = failed ? "" : JSON.stringify(drawing());
fillPalette();
draw();
