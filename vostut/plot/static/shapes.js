// Polygon and box on top of the brush's presses: a shape is open until its last corner, and then it is filled.

import { h } from "./common.js";

/** Set the pixels whose centres lie in the polygon with these corners (even-odd rule) to `value`. */
export function paintPolygon(mask, width, height, points, value) {
  const rows = points.map(([, y]) => y);
  const top = Math.max(0, Math.ceil(Math.min(...rows))), bottom = Math.min(height - 1, Math.floor(Math.max(...rows)));
  for (let y = top; y <= bottom; y++) {
    const crossings = [];
    points.forEach(([x1, y1], i) => {
      const [x0, y0] = points.at(i - 1);
      if ((y0 <= y) !== (y1 <= y)) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    });
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const left = Math.max(0, Math.ceil(crossings[k])), right = Math.min(width - 1, Math.floor(crossings[k + 1]));
      if (left <= right) mask.fill(value, y * width + left, y * width + right + 1);
    }
  }
}

/** Set the pixels of the box with two opposite corners, both within it, to `value`. */
export function paintBox(mask, width, height, [x0, y0], [x1, y1], value) {
  const inside = (at, size) => Math.min(Math.max(Math.round(at), 0), size - 1);
  const left = inside(Math.min(x0, x1), width), right = inside(Math.max(x0, x1), width);
  const bottom = inside(Math.max(y0, y1), height);
  for (let y = inside(Math.min(y0, y1), height); y <= bottom; y++) {
    mask.fill(value, y * width + left, y * width + right + 1);
  }
}

/** The lines of an open shape, drawn over the picture however far it is zoomed. */
function preview(stage, width, height) {
  const layer = h("div", { class: "v-shape", "aria-hidden": "true" });
  const [back, line, dots] = ["v-back", "v-front", "v-dots"].map((name) => `<path class="${name}"/>`);
  layer.innerHTML = `<svg viewBox="-0.5 -0.5 ${width} ${height}" preserveAspectRatio="none">${back}${line}${dots}</svg>`;
  stage.append(layer);
  const [dark, light, corners] = layer.querySelectorAll("path");
  return (path, points) => {
    const d = path.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join("");
    for (const one of [dark, light]) one.setAttribute("d", d);
    corners.setAttribute("d", points.map(([x, y]) => `M${x} ${y}h0`).join(""));
  };
}

/**
 * The shapes "polygon" and "box". `fill(shape, points)` is called with a shape that is complete.
 * A polygon has a corner at each press; one near the first corner, or near the last, completes it. A box is dragged,
 * or has two presses at opposite corners.
 */
export function makeShapes(stage, { width, height }, fill) {
  const show = preview(stage, width, height);
  let shape = "polygon", points = [], at = null, begun = false;

  const near = ([x, y], [u, v]) => Math.hypot(x - u, y - v) * stage.clientWidth <= 9 * width; // 9 CSS pixels
  function draw() {
    const open = at && points.length ? [...points, at] : points;
    const [first, last] = [points[0], at ?? points[0]];
    const box = first && [first, [last[0], first[1]], last, [first[0], last[1]], first];
    show(shape === "box" ? box ?? [] : open, points);
  }
  function set(next) {
    points = next;
    draw();
  }
  function close() {
    const least = shape === "box" ? 2 : 3;
    const complete = points;
    if (complete.length < least) return false;
    set([]);
    fill(shape, complete);
    return true;
  }
  return {
    /** Begin with another shape; an open one is dropped. */
    use(next) { shape = next; set([]); },
    get open() { return points.length; },
    drop: () => set([]),
    back: () => set(points.slice(0, -1)),
    close,
    /** A press turned out to be none. */
    cancel() { if (!begun && shape === "box") set([]); },
    hover(to) { at = to; if (points.length) draw(); },
    /** A press begins; `to` is where it is, or has been dragged to. */
    begin() { begun = points.length > 0; },
    extend(to) {
      at = to;
      if (shape === "box" && !points.length) points = [to];
      draw();
    },
    /** The press is over. */
    finish() {
      if (shape === "box") {
        if (!begun && near(at, points[0])) return; // the first of two presses
        points = [points[0], at];
        close();
      } else if (points.length > 2 && (near(at, points[0]) || near(at, points.at(-1)))) {
        close();
      } else if (!points.length || !near(at, points.at(-1))) {
        set([...points, at]);
      }
    },
  };
}
