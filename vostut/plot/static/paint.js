// The painting tool: paint a mask over an image, and watch J and F follow.

import {
  COLOURS, decodeRuns, fitCanvas, h, icon, outline, rgba, segmented, slider, startAll, strokeOutline, tinted, toggle,
} from "./common.js";
import { compare, dilate, prepareTruth } from "./scores.js";

const HISTORY = 60; // masks that undo can bring back

// Codes of a pixel in the two views, and their colours. Regions: 1 extra, 2 missed, 3 both.
const REGION_PALETTE = [null, rgba(COLOURS.sky, 0.62), rgba(COLOURS.vermilion, 0.55), rgba(COLOURS.green, 0.5)];
// Contours: 1 tolerance band, 2 and 3 the true contour (found, missed), 4 and 5 the painted one (matched, not).
const CONTOUR_PALETTE = [null, [255, 255, 255, 56], rgba(COLOURS.yellow, 1), rgba(COLOURS.vermilion, 1),
  rgba(COLOURS.green, 1), rgba(COLOURS.sky, 1)];

/** Set the pixels within `radius` of the line from (x0, y0) to (x1, y1) to `value`. */
export function paintLine(mask, width, height, [x0, y0], [x1, y1], radius, value) {
  const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - radius));
  const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1) + radius));
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - radius));
  const right = Math.min(width - 1, Math.floor(Math.max(x0, x1) + radius));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = length ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
      if (Math.hypot(x - x0 - along * dx, y - y0 - along * dy) <= radius) mask[y * width + x] = value;
    }
  }
}

/** Masks to try, each made from the ground truth: [button's text, function that gives the mask]. */
export function presets({ truth, width, height }) {
  const invert = (mask) => mask.map((value) => 1 - value);
  const shifted = (by) => truth.map((_, i) => (i % width >= by ? truth[i - by] : 0));
  const rows = truth.reduce(([top, bottom], value, i) => value
    ? [Math.min(top, Math.floor(i / width)), Math.floor(i / width)] : [top, bottom], [height, 0]);
  const cut = rows[0] + 0.75 * (rows[1] + 1 - rows[0]);
  const hole = (x, y) => Math.hypot((x % 24) - 12, (y % 24) - 12) < 3;
  return [
    ["Clear", () => truth.map(() => 0)],
    ["Fill all", () => truth.map(() => 1)],
    ["Ground truth", () => truth.slice()],
    ["Shifted 4 px", () => shifted(4)],
    ["Shifted 12 px", () => shifted(12)],
    ["Dilated 3 px", () => dilate(truth, width, height, 3)],
    ["Eroded 3 px", () => invert(dilate(invert(truth), width, height, 3))],
    ["Lowest quarter cut off", () => truth.map((value, i) => (Math.floor(i / width) < cut ? value : 0))],
    ["Small holes", () => truth.map((value, i) => (hole(i % width, Math.floor(i / width)) ? 0 : value))],
  ];
}

/** The four numbers. F stands on P and R, so they come after it. */
function scoreBoard(tolerance) {
  const tile = (name, title, size) => {
    const number = h("b"), meter = h("i"), detail = h("small");
    const element = h("div", { class: `v-score v-${size}` }, h("span", {}, h("var", {}, name), ` ${title}`),
      number, h("span", { class: "v-meter", "aria-hidden": "true" }, meter), detail);
    return { element, set: (value, text) => {
      number.textContent = value.toFixed(3);
      meter.style.width = `${100 * value}%`;
      detail.textContent = text;
    } };
  };
  const J = tile("J", "region similarity", "big"), F = tile("F", "contour accuracy", "big");
  const P = tile("P", "contour precision", "small"), R = tile("R", "contour recall", "small");
  const element = h("div", { class: "v-scores" }, ...[J, F, P, R].map((t) => t.element));
  return { element, show: (s, n) => {
    J.set(s.J, `${s.intersection} of ${s.union} px shared`);
    F.set(s.F, `tolerance ${tolerance} px`);
    P.set(s.P, `${s.matched} of ${s.n} px matched`);
    R.set(s.R, `${s.found} of ${n} px found`);
  } };
}

/** What the colours mean in a view: 0 regions, 1 contours. */
function legendOf(view, { J, F, P, R }, tolerance) {
  const keys = view === 0
    ? [["green", "in both"], ["sky", "extra (false positive)"], ["vermilion", "missed (false negative)"]]
    : [["green", "painted, matched"], ["sky", "painted, unmatched"], ["yellow", "true, found"],
      ["vermilion", "true, missed"], [null, `within ${tolerance} px of the truth`]];
  return keys.map(([colour, text]) => h("span", { class: "v-key" }, h("span", {
    class: colour ? "v-swatch" : "v-swatch v-band", style: colour ? `background:${COLOURS[colour]}` : undefined,
  }), text));
}

/** Build the tool inside `root`; `changed(mask)` is called after every stroke, undo and preset. */
export function startPaint(root, data, changed = () => {}) {
  const { width, height, tolerance } = data;
  const prepared = prepareTruth(decodeRuns(data.truth, width * height), width, height, tolerance);
  const image = Object.assign(new Image(), { src: data.image });
  const truthLine = outline(prepared.truth, width, height);
  const history = [];
  let mask = decodeRuns(data.start, width * height), scores = compare(mask, prepared);
  const state = { value: 1, radius: Math.max(2, Math.round(height / 24)), view: 0, truth: true, at: null,
    strokes: 0, pending: false };

  const canvas = h("canvas", { role: "img", "aria-label": data.alt, style: `aspect-ratio:${width}/${height}` });
  const ring = h("span", { class: "v-ring", hidden: true });
  const stage = h("div", { class: "v-stage", role: "application", tabindex: 0,
    "aria-label": "Painting area. Arrow keys move the brush, space paints with it." }, canvas, ring);
  const layer = h("canvas", { width, height });
  const board = scoreBoard(tolerance), legend = h("div", { class: "v-legend" });
  const spoken = h("output", { class: "v-hidden" });
  const undoButton = h("button", { type: "button", disabled: true, onclick: undo }, icon("undo"), "Undo");
  const size = h("output", { class: "v-counter" });
  const brush = slider("Brush radius in pixels", { min: 1, max: Math.max(8, Math.round(height / 6)),
    value: state.radius }, (radius) => { state.radius = radius; sizeBrush(); });
  const views = segmented("What to show", ["Regions, for J", "Contours, for F"], (view) => {
    state.view = view;
    draw();
  });
  const tools = segmented("Tool", ["Paint", "Erase"], (tool) => { state.value = 1 - tool; });
  const outlined = toggle("True outline", true, (on) => { state.truth = on; draw(); });
  const tries = h("div", { class: "v-bar v-tries", role: "group", "aria-label": "Masks to try" },
    h("span", { class: "v-label" }, "Try"), ...presets(prepared).map(([text, make]) => h("button",
      { type: "button", onclick: () => { remember(); settle(make()); } }, text)));
  root.insertBefore(h("div", { class: "v-body" }, board.element, stage, legend,
    h("div", { class: "v-bar" }, tools.element, h("label", { class: "v-field" }, "Brush", brush.element, size),
      undoButton),
    h("div", { class: "v-bar" }, views.element, outlined), tries, spoken), root.querySelector("figcaption"));

  function draw() {
    if (!image.complete) {
      image.onload = draw;
      return;
    }
    const density = fitCanvas(canvas, width, height);
    const context = canvas.getContext("2d"), scale = canvas.width / width;
    context.setTransform(scale, 0, 0, canvas.height / height, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    if (state.view === 1) {
      context.fillStyle = "rgba(0, 0, 0, 0.62)";
      context.fillRect(0, 0, width, height);
    }
    tinted(state.view === 0 ? regionCodes() : contourCodes(), width, height,
      state.view === 0 ? REGION_PALETTE : CONTOUR_PALETTE, layer);
    context.imageSmoothingEnabled = false; // pixels stay visible as pixels
    context.drawImage(layer, 0, 0);
    if (state.truth && state.view === 0) strokeOutline(context, truthLine, COLOURS.orange, 1.5 * density, scale);
    board.show(scores, prepared.n);
    legend.replaceChildren(...legendOf(state.view, scores, tolerance));
    outlined.hidden = state.view === 1; // the contour view draws the true contour itself
  }

  const regionCodes = () => mask.map((value, i) => value | (prepared.truth[i] << 1));
  const contourCodes = () => scores.edges.map((edge, i) => {
    if (edge) return prepared.band[i] ? 4 : 5;
    if (prepared.edges[i]) return scores.band[i] ? 2 : 3;
    return prepared.band[i];
  });

  function rescore() {
    scores = compare(mask, prepared);
    draw();
  }

  /** Rescore before the next repaint, however many pointer events come until then. */
  function rescoreSoon() {
    if (state.pending) return;
    state.pending = true;
    requestAnimationFrame(() => { state.pending = false; rescore(); });
  }

  function remember() {
    history.push(mask.slice());
    if (history.length > HISTORY) history.shift();
  }

  /** A change is complete: take the mask over, tell the page and screen readers. */
  function settle(next = mask) {
    mask = next;
    rescore();
    undoButton.disabled = history.length === 0;
    spoken.textContent = `J ${scores.J.toFixed(3)}, F ${scores.F.toFixed(3)}`;
    changed(mask);
  }

  function undo() {
    if (history.length) settle(history.pop());
  }

  /** The pixel under the pointer, as [x, y] with pixel centres at whole numbers. */
  function pixelAt(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width - 0.5,
      ((event.clientY - box.top) / box.height) * height - 0.5];
  }

  function moveRing([x, y]) {
    ring.hidden = false;
    ring.style.left = `${(100 * (x + 0.5)) / width}%`;
    ring.style.top = `${(100 * (y + 0.5)) / height}%`;
  }

  function sizeBrush() {
    ring.style.width = `${(100 * (2 * state.radius + 1)) / width}%`;
    size.textContent = `${state.radius} px`;
    brush.element.setAttribute("aria-valuetext", `${state.radius} pixels`);
  }

  let stroke = null; // the last point of the stroke being painted
  function extend(to, value = state.value) {
    paintLine(mask, width, height, stroke ?? to, to, state.radius, value);
    stroke = to;
    rescoreSoon();
  }
  function finish() {
    if (stroke === null) return;
    stroke = null;
    state.strokes += 1;
    settle();
  }
  stage.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    remember();
    extend(pixelAt(event));
  });
  stage.addEventListener("pointermove", (event) => {
    const to = pixelAt(event);
    moveRing(to);
    if (stroke !== null && event.isPrimary) extend(to);
  });
  stage.addEventListener("pointerup", finish);
  stage.addEventListener("pointercancel", () => { // two fingers: the reader zooms, and does not paint
    if (stroke === null) return;
    stroke = null;
    undo();
  });
  stage.addEventListener("pointerleave", () => { ring.hidden = true; });
  stage.addEventListener("blur", () => { state.at = null; ring.hidden = true; });

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key], step = event.shiftKey ? 12 : 3;
    if (!move && event.key !== " ") return;
    event.preventDefault();
    const [x, y] = state.at ?? [width >> 1, height >> 1];
    const [dx, dy] = move ?? [0, 0];
    state.at = [Math.min(Math.max(x + step * dx, 0), width - 1), Math.min(Math.max(y + step * dy, 0), height - 1)];
    moveRing(state.at);
    if (move) return;
    remember();
    extend(state.at);
    finish();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      undo();
    }
    event.stopPropagation(); // the page around us may have shortcuts of its own
  });

  new ResizeObserver(draw).observe(canvas);
  sizeBrush();
  draw();
  root.vostut = {
    getMask: () => mask.slice(),
    setMask: (next) => { remember(); settle(Uint8Array.from(next, (value) => (value ? 1 : 0))); },
    replaceMask: (next) => { mask = next.slice(); rescore(); },
    scores: () => { const { J, F, P, R } = compare(mask, prepared); return { J, F, P, R }; },
    undo,
    get strokes() { return state.strokes; },
  };
}

/** Called by a static page, with the mark of its figure. */
export const start = (id) => startAll(id, startPaint);

/** Called by a live notebook through anywidget: the mask travels as one byte a pixel. */
function render({ model, el }) {
  const caption = h("figcaption", {}, model.get("caption"));
  const root = h("figure", { class: "vostut vostut-paint", "data-lm-suppress-shortcuts": "true" }, caption);
  root.style.setProperty("--vostut-width", `${model.get("width")}px`);
  el.append(root);
  const bytes = () => {
    const view = model.get("mask_bytes");
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  };
  let own = false; // is the change being announced our own?
  startPaint(root, JSON.parse(model.get("payload")), (mask) => {
    own = true;
    model.set("mask_bytes", new DataView(mask.slice().buffer));
    model.save_changes();
    own = false;
  });
  root.vostut.replaceMask(bytes());
  const follow = () => { if (!own) root.vostut.replaceMask(bytes()); };
  model.on("change:mask_bytes", follow);
  return () => model.off("change:mask_bytes", follow);
}
export default { render };
