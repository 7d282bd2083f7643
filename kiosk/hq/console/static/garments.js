// Landmarks are dragged with pointer or arrow keys; what moved goes into the form.
const svg = document.getElementById("cut"), field = document.getElementById("marks"), save = document.getElementById("save");
const moved = {};
const box = svg.viewBox.baseVal;

function put(mark, x, y) {
  x = Math.min(Math.max(x, 0), box.width - 25);
  y = Math.min(Math.max(y, 0), box.height - 25);
  mark.setAttribute("transform", `translate(${x} ${y})`);
  moved[mark.dataset.mark] = [x, y];
  field.value = JSON.stringify(moved);
  save.disabled = false;
}

function place(mark) {
  const at = mark.transform.baseVal.consolidate().matrix;
  return [at.e, at.f];
}

for (const mark of svg.querySelectorAll(".mark")) {
  mark.addEventListener("pointerdown", (down) => {
    mark.setPointerCapture(down.pointerId);
    down.preventDefault();
  });
  mark.addEventListener("pointermove", (move) => {
    if (!mark.hasPointerCapture(move.pointerId)) return;
    const at = new DOMPoint(move.clientX, move.clientY).matrixTransform(svg.getScreenCTM().inverse());
    put(mark, at.x, at.y);
  });
  mark.addEventListener("keydown", (key) => {
    const step = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] }[key.key];
    if (!step) return;
    key.preventDefault();
    const [x, y] = place(mark);
    put(mark, x + step[0], y + step[1]);
  });
}
