// The painting tool: paint a mask over an image, and watch J and F follow.

import {
  COLOURS, decodeRuns, fitCanvas, h, icon, outline, rgba, segmented, startAll, strokeOutline, tinted, toggle,
} from "./common.js";
import { brushSize, listenToBrush } from "./brush.js";
import { paintLine, presets } from "./masks.js";
import { compare, prepareTruth } from "./scores.js";

const HISTORY = 60; // masks that undo can bring back

// Codes of a pixel in the two views, and their colours. Regions: 1 extra, 2 missed, 3 both.
const REGION_PALETTE = [null, rgba(COLOURS.sky, 0.62), rgba(COLOURS.vermilion, 0.55), rgba(COLOURS.green, 0.5)];
// Contours: 1 tolerance band, 2 and 3 the true contour (found, missed), 4 and 5 the painted one (matched, not).
const CONTOUR_PALETTE = [null, [255, 255, 255, 56], rgba(COLOURS.yellow, 1), rgba(COLOURS.vermilion, 1),
  rgba(COLOURS.green, 1), rgba(COLOURS.sky, 1)];

/** The four numbers. F stands on P and R, so they come after it. */
function scoreBoard(tolerance) {
  const tile = (name, title, size) => {
    const number = h("b"), meter = h("i"), detail = h("small");
    const element = h("div", { class: `v-score v-${size}` }, h("span", {}, h("var", {}, name), ` ${title}`),
      number, h("span", { class: "v-meter", "aria-hidden": "true" }, meter), detail);
    return { element, set: (value, text) => {
      number.textContent = value === null ? "–" : value.toFixed(3);
      meter.style.width = `${100 * value}%`;
      detail.textContent = text;
    } };
  };
  const J = tile("J", "region similarity", "big"), F = tile("F", "contour accuracy", "big");
  const P = tile("P", "contour precision", "small"), R = tile("R", "contour recall", "small");
  const element = h("div", { class: "v-scores" }, ...[J, F, P, R].map((t) => t.element));
  return { element, show: (s, n) => {
    J.set(s.J, `${s.intersection} / ${s.union} px shared`);
    F.set(s.F, `tolerance ${tolerance} px`);
    // A share of nothing is no number; F is defined nevertheless, and stands above.
    P.set(s.n ? s.P : null, s.n ? `${s.matched} / ${s.n} matched` : "nothing is painted");
    R.set(n ? s.R : null, n ? `${s.found} / ${n} found` : "there is no object");
  } };
}

/** What the colours mean: [class of the swatch, colour, text]. */
function legendOf(contours, outlined, tolerance) {
  const keys = contours
    ? [["", "green", "painted, matched"], ["", "sky", "painted, unmatched"], ["", "yellow", "true, found"],
      ["", "vermilion", "true, missed"], ["v-band", null, `within ${tolerance} px of the true contour`]]
    : [["", "green", "in both"], ["", "sky", "extra (false positive)"], ["", "vermilion", "missed (false negative)"],
      ...(outlined ? [["v-line", "orange", "true outline"]] : [])];
  return keys.map(([kind, colour, text]) => h("span", { class: "v-key" }, h("span", { class: `v-swatch ${kind}`,
    style: colour ? `background:${COLOURS[colour]}` : undefined }), text));
}

/** The colour code of each pixel, for REGION_PALETTE or CONTOUR_PALETTE. */
const regionCodes = (mask, { truth }) => mask.map((value, i) => value | (truth[i] << 1));
const contourCodes = (scores, { edges, band }) => scores.edges.map((edge, i) => {
  if (edge) return band[i] ? 4 : 5;
  if (edges[i]) return scores.band[i] ? 2 : 3;
  return band[i];
});

/** Draw image, mask and ground truth as pixels that stay visible as pixels. */
function drawPicture(canvas, layer, image, { mask, scores, prepared, truthLine, contours, outlined }) {
  const { width, height } = prepared;
  const density = fitCanvas(canvas, width, height);
  const context = canvas.getContext("2d"), scale = canvas.width / width;
  context.setTransform(scale, 0, 0, canvas.height / height, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  if (contours) {
    context.fillStyle = "rgba(0, 0, 0, 0.62)";
    context.fillRect(0, 0, width, height);
    tinted(contourCodes(scores, prepared), width, height, CONTOUR_PALETTE, layer);
  } else {
    tinted(regionCodes(mask, prepared), width, height, REGION_PALETTE, layer);
  }
  context.imageSmoothingEnabled = false;
  context.drawImage(layer, 0, 0);
  if (outlined && !contours) strokeOutline(context, truthLine, COLOURS.orange, 1.5 * density, scale);
}

/** Build the tool inside `root`; `changed(mask)` is called after every stroke, undo and preset. */
export function startPaint(root, data, changed = () => {}) {
  const { width, height, tolerance } = data;
  const prepared = prepareTruth(decodeRuns(data.truth, width * height), width, height, tolerance);
  const truthLine = outline(prepared.truth, width, height);
  const image = Object.assign(new Image(), { src: data.image, onload: () => draw() });
  const layer = h("canvas", { width, height });
  const history = [];
  let mask = decodeRuns(data.start, width * height), scores = compare(mask, prepared);
  let value = 1, radius = Math.max(2, Math.round(height / 24)); // of the brush
  let contours = false, outlined = true, strokes = 0, pending = false;

  const parts = layOut(root, data, presets(prepared), radius, {
    undo,
    use: (tool) => { value = 1 - tool; },
    size: (to) => { radius = to; brush.resize(to); },
    view: (k) => { contours = k === 1; draw(); },
    outline: (on) => { outlined = on; draw(); },
    apply: (make) => { remember(); settle(make()); },
  });
  const brush = listenToBrush(parts.stage, prepared, {
    begin: remember,
    extend: (from, to) => { paintLine(mask, width, height, from, to, radius, value); rescoreSoon(); },
    finish: () => { strokes += 1; settle(); },
    cancel: undo,
  });

  function draw() {
    if (!image.complete) return; // its onload draws
    drawPicture(parts.canvas, layer, image, { mask, scores, prepared, truthLine, contours, outlined });
    parts.board.show(scores, prepared.n);
    parts.legend.replaceChildren(...legendOf(contours, outlined, tolerance));
    parts.outlined.hidden = contours; // that view draws the true contour itself
  }
  function rescore() {
    scores = compare(mask, prepared);
    draw();
  }
  /** Rescore before the next repaint, however many pointer events come until then. */
  function rescoreSoon() {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; rescore(); });
  }
  function remember() {
    history.push(mask.slice());
    if (history.length > HISTORY) history.shift();
  }
  /** A change is complete: take the mask over, tell the page and screen readers. */
  function settle(next = mask) {
    mask = next;
    rescore();
    parts.undo.disabled = history.length === 0;
    parts.spoken.textContent = `J ${scores.J.toFixed(3)}, F ${scores.F.toFixed(3)}`;
    changed(mask);
  }
  function undo() {
    if (history.length) settle(history.pop());
  }

  root.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      undo();
    }
    event.stopPropagation(); // the page around us may have shortcuts of its own
  });
  new ResizeObserver(draw).observe(parts.canvas);
  parts.undo.before(brush.done);
  brush.resize(radius);
  draw();
  root.vostut = {
    getMask: () => mask.slice(),
    setMask: (next) => { remember(); settle(Uint8Array.from(next, (one) => (one ? 1 : 0))); },
    replaceMask: (next) => { mask = next.slice(); rescore(); },
    scores: () => { const { J, F, P, R } = compare(mask, prepared); return { J, F, P, R }; },
    undo,
    get strokes() { return strokes; },
  };
}

/** Put everything that one sees into `root`; `on` holds what the controls call. */
function layOut(root, data, tries, radius, on) {
  const { width, height, tolerance } = data;
  const canvas = h("canvas", { role: "img", "aria-label": data.alt, style: `aspect-ratio:${width}/${height}` });
  const stage = h("div", { class: "v-stage", role: "application", tabindex: 0,
    "aria-label": "Painting area. Arrow keys move the brush, space paints with it." }, canvas);
  const board = scoreBoard(tolerance), legend = h("div", { class: "v-legend" });
  const spoken = h("output", { class: "v-hidden" });
  const undo = h("button", { type: "button", class: "v-last", disabled: true, onclick: on.undo, title: "Undo (Ctrl+Z)",
    "aria-label": "Undo" }, icon("undo"), h("span", { class: "v-wide" }, "Undo"));
  const outlined = toggle("True outline", true, on.outline);
  const row = (...children) => h("div", { class: "v-bar" }, ...children);
  const buttons = tries.map(([text, make]) => h("button", { type: "button", onclick: () => on.apply(make) }, text));
  root.insertBefore(h("div", { class: "v-body" }, board.element, stage, legend,
    row(segmented("Tool", ["Paint", "Erase"], on.use).element,
      brushSize(height, radius, on.size).element, undo),
    row(segmented("What to show", ["Regions, for J", "Contours, for F"], on.view).element, outlined),
    h("div", { class: "v-bar v-tries", role: "group", "aria-label": "Masks to try" },
      h("span", { class: "v-label" }, "Try"), ...buttons), spoken), root.querySelector("figcaption"));
  return { canvas, stage, board, legend, spoken, undo, outlined };
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
  // A static page by MyST gives no bytes: there the tool begins with the mask of its data.
  const follow = () => { if (!own && model.get("mask_bytes")) root.vostut.replaceMask(bytes()); };
  follow();
  model.on("change:mask_bytes", follow);
  return () => model.off("change:mask_bytes", follow);
}
export default { render };
