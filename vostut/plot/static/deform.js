// The deformation playground: what vostut/masktrack/deform.py does to a mask, one slider for each step.

import {
  COLOURS, decodeRuns, fitCanvas, h, outline, rgba, slider, startAll, strokeOutline, tinted,
} from "./common.js";
import { count, dilate } from "./scores.js";

const STEP = 8; // the spline is computed at every eighth pixel and interpolated between, as in Python
const ARTICLE = { scale: 5, shift: 10, bend: 10, dilate: 5 }; // percent, percent, percent, pixels of 480 lines
const SMOOTHING = 0.1;
const LEAST = 0.05; // of its area that a cell of the spline keeps where the mask is not to tear

/** Solve a x = b for several right-hand sides by Gaussian elimination with pivoting; a and b are changed. */
function solve(a, b) {
  const n = a.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
    [a[k], a[pivot]] = [a[pivot], a[k]];
    [b[k], b[pivot]] = [b[pivot], b[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < n; j++) a[i][j] -= factor * a[k][j];
      for (let j = 0; j < b[i].length; j++) b[i][j] -= factor * b[k][j];
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = 0; j < b[k].length; j++) {
      for (let i = k + 1; i < n; i++) b[k][j] -= a[k][i] * b[i][j];
      b[k][j] /= a[k][k];
    }
  }
  return b;
}

/** The thin-plate spline through values at points: a function from [x, y] to a value of the same length. */
export function thinPlateSpline(points, values, smoothing) {
  const n = points.length, all = points.flat();
  const centre = [0, 1].map((d) => points.reduce((sum, p) => sum + p[d], 0) / n);
  const mean = all.reduce((sum, v) => sum + v, 0) / all.length;
  const spread = Math.max(Math.sqrt(all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / all.length), 1e-9);
  const unit = (p) => [(p[0] - centre[0]) / spread, (p[1] - centre[1]) / spread];
  const nodes = points.map(unit);
  const kernel = ([x, y], [u, v]) => {
    const squared = (x - u) ** 2 + (y - v) ** 2;
    return 0.5 * squared * Math.log(Math.max(squared, 1e-18));
  };
  const row = (p) => [...nodes.map((q) => kernel(p, q)), 1, p[0], p[1]];
  const system = nodes.map((p, i) => row(p).map((v, j) => (i === j ? v + smoothing : v)));
  for (let d = 0; d < 3; d++) system.push([...nodes.map((p) => [1, p[0], p[1]][d]), 0, 0, 0]);
  const weights = solve(system, [...values.map((v) => [...v]), [0, 0], [0, 0], [0, 0]]);
  return (place) => {
    const terms = row(unit(place));
    return [0, 1].map((d) => terms.reduce((sum, term, i) => sum + term * weights[i][d], 0));
  };
}

/** Every pixel asks `source(x, y)` where it came from; between pixels, half a pixel of the mask decides. */
function warp(mask, width, height, source) {
  const moved = new Uint8Array(mask.length);
  const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? mask[y * width + x] : 0);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = source(x, y), column = Math.floor(u), line = Math.floor(v), a = u - column, b = v - line;
      const above = (1 - a) * at(column, line) + a * at(column + 1, line);
      const below = (1 - a) * at(column, line + 1) + a * at(column + 1, line + 1);
      moved[i] = (1 - b) * above + b * below >= 0.5 ? 1 : 0;
    }
  }
  return moved;
}

function affine(mask, { width, height, box }, factor, dx, dy) {
  const x0 = (box[0] + box[2]) / 2, y0 = (box[1] + box[3]) / 2;
  return warp(mask, width, height, (x, y) => [(x - dx - x0) / factor + x0, (y - dy - y0) / factor + y0]);
}

/** Where the spline says that each grid point came from; `points` go to `targets`. */
function backward({ width, height }, points, targets) {
  const back = thinPlateSpline(targets, points, SMOOTHING);
  const columns = Math.ceil(width / STEP) + 1, grid = [];
  for (let y = 0; y < height + STEP; y += STEP) {
    for (let k = 0; k < columns; k++) grid.push(back([k * STEP, y]));
  }
  return { grid, columns };
}

/** Does the plane fold over itself in a cell that shows some of the object? Then the mask tears there. */
function folds({ grid, columns }, [left, top, right, bottom]) {
  const within = ([x, y]) => x >= left - STEP && x <= right + STEP && y >= top - STEP && y <= bottom + STEP;
  const turned = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= LEAST * STEP * STEP;
  return grid.some((p, at) => {
    const [q, r, s] = [grid[at + 1], grid[at + columns], grid[at + columns + 1]];
    if (!s || (at + 1) % columns === 0 || ![p, q, r, s].some(within)) return false;
    return turned(p, q, r) || turned(q, s, p) || turned(s, r, q) || turned(r, p, s);
  });
}

function bend(mask, { width, height }, { grid, columns }) {
  return warp(mask, width, height, (x, y) => {
    const i = Math.floor(x / STEP), j = Math.floor(y / STEP), a = x / STEP - i, b = y / STEP - j;
    const at = j * columns + i;
    const [p, q, r, s] = [grid[at], grid[at + 1], grid[at + columns], grid[at + columns + 1]];
    return [0, 1].map((d) => (1 - b) * ((1 - a) * p[d] + a * q[d]) + b * ((1 - a) * r[d] + a * s[d]));
  });
}

/** Size and place of the object after scaling and shifting, and what carries a point along. */
function moved({ box }, state) {
  const w = box[2] - box[0] + 1, hgt = box[3] - box[1] + 1;
  const factor = 1 + state.scale / 100, dx = (state.dx / 100) * w, dy = (state.dy / 100) * hgt;
  const x0 = (box[0] + box[2]) / 2, y0 = (box[1] + box[3]) / 2;
  return { w, hgt, factor, dx, dy, carry: ([x, y]) => [(x - x0) * factor + x0 + dx, (y - y0) * factor + y0 + dy] };
}

/** The spline of a state: where its grid points came from. */
function spline(data, state) {
  const { w, hgt, carry } = moved(data, state), points = state.draw.points.map(carry);
  const targets = points.map(([x, y], k) => [x + (state.bend / 100) * w * state.draw.shifts[k][0],
    y + (state.bend / 100) * hgt * state.draw.shifts[k][1]]);
  return backward(data, points, targets);
}

/** The most that a mask can be bent, of what is wanted, before it tears. */
function mostBend(data, state) {
  const { carry } = moved(data, state), [left, top, right, bottom] = data.box;
  const box = [...carry([left, top]), ...carry([right, bottom])];
  let most = state.bend;
  while (most > 0 && folds(spline(data, { ...state, bend: most }), box)) most -= 1;
  return most;
}

/** All steps in their order. `state`: scale, dx, dy, bend in percent, dilate in pixels, draw = {points, shifts}. */
export function deform(mask, data, state) {
  const { factor, dx, dy } = moved(data, state);
  let rough = affine(mask, data, factor, dx, dy);
  if (state.bend) rough = bend(rough, data, spline(data, state));
  return state.dilate ? dilate(rough, data.width, data.height, state.dilate) : rough;
}

/** J of two masks. */
function overlap(a, b) {
  let both = 0, either = 0;
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return both / either;
}

/** Random numbers in [0, 1) from a seed (mulberry32), so that every reader sees the same draws. */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function startDeform(root, data) {
  const { width, height } = data;
  const truth = decodeRuns(data.mask, width * height), truthLine = outline(truth, width, height);
  const image = Object.assign(new Image(), { src: data.image, onload: () => draw() });
  const layer = h("canvas", { width, height });
  const random = generator(7);
  const between = (limit) => (2 * random() - 1) * limit;
  const drawPoints = () => ({
    points: data.candidates.map((part) => part[Math.floor(random() * part.length)]),
    shifts: data.candidates.map(() => [between(1), between(1)]),
  });
  const nothing = { scale: 0, dx: 0, dy: 0, bend: 0, dilate: 0 };
  let state = { ...nothing, draw: drawPoints() }, rough = truth, undilated = truth, held = false;

  const canvas = h("canvas", { role: "img", "aria-label": data.alt, style: `aspect-ratio:${width}/${height}` });
  const spoken = h("output", { class: "v-legend" });
  const fields = [["scale", "Size", -20, 20, "%"], ["dx", "Right", -30, 30, "%"], ["dy", "Down", -30, 30, "%"],
    ["bend", "Bend", 0, 30, "%"], ["dilate", "Dilate", 0, 20, "px"]].map(([name, label, min, max, unit]) => {
    const counter = h("output", { class: "v-counter v-short" });
    const control = slider(label, { min, max, value: 0 }, (value) => { set({ [name]: value }); });
    const show = () => {
      const value = Math.round(state[name]);
      control.set(value);
      counter.textContent = `${min < 0 && value > 0 ? "+" : ""}${value} ${unit}`;
      control.element.setAttribute("aria-valuetext", counter.textContent);
    };
    return { show, element: h("label", { class: "v-field" }, h("span", { class: "v-label" }, label),
      control.element, counter) };
  });
  const press = (text, act) => h("button", { type: "button", onclick: act }, text);
  const article = () => set({ scale: between(ARTICLE.scale), dx: between(ARTICLE.shift), dy: between(ARTICLE.shift),
    bend: ARTICLE.bend, dilate: Math.ceil((ARTICLE.dilate * height) / 480), draw: drawPoints() });
  root.insertBefore(h("div", { class: "v-body" }, h("div", { class: "v-stage" }, canvas), spoken,
    h("div", { class: "v-bar" }, ...fields.map((field) => field.element)),
    h("div", { class: "v-bar" }, press("Draw as the article does", article),
      press("Bend otherwise", () => set({ draw: drawPoints() })), press("Reset", () => set(nothing)))),
    root.querySelector("figcaption"));

  function set(change) {
    state = { ...state, ...change };
    const most = mostBend(data, state);
    held = most < state.bend;
    state.bend = most;
    undilated = deform(truth, data, { ...state, dilate: 0 });
    rough = state.dilate ? dilate(undilated, width, height, state.dilate) : undilated;
    draw();
  }
  /** What the mask shares with the true one, in words. */
  function told() {
    const area = Math.round((100 * count(rough)) / count(truth)) - 100;
    const before = state.dilate ? ` (${overlap(truth, undilated).toFixed(2)} before it is dilated)` : "";
    return `overlap J = ${overlap(truth, rough).toFixed(2)}${before}, area ${area < 0 ? "−" : "+"}${Math.abs(area)} %`
      + (held ? "; bent any further, it would tear" : "");
  }
  function draw() {
    fields.forEach((field) => field.show());
    const key = (colour, text) => h("span", { class: "v-key" },
      h("span", { class: "v-swatch", style: `background:${COLOURS[colour]}` }), text);
    spoken.replaceChildren(key("orange", "true outline"), key("blue", "the mask that the network is fed"),
      h("span", { class: "v-key" }, told()));
    if (!image.complete) return; // its onload draws
    const density = fitCanvas(canvas, width, height), context = canvas.getContext("2d");
    const zoom = canvas.width / width;
    context.setTransform(zoom, 0, 0, canvas.height / height, 0, 0);
    context.drawImage(image, 0, 0, width, height);
    tinted(rough, width, height, [null, rgba(COLOURS.blue, 0.55)], layer);
    context.drawImage(layer, 0, 0);
    strokeOutline(context, truthLine, COLOURS.orange, 1.5 * density, zoom);
  }
  root.addEventListener("keydown", (event) => event.stopPropagation());
  new ResizeObserver(draw).observe(canvas);
  article();
  root.vostut = { getMask: () => rough.slice(), set, get state() { return { ...state }; },
    scores: () => ({ J: overlap(truth, rough), undilated: overlap(truth, undilated) }) };
}

/** Called by a static page, with the mark of its figure. */
export const start = (id) => startAll(id, startDeform);
