// Marking the object in frame 0: the brush of the book's painting tool, an outline, or a box.

import {
  COLOURS, fitCanvas, h, icon, outline, rgba, segmented, slider, strokeOutline, tinted,
} from "../../../vostut/plot/static/common.js";
import { listenToBrush } from "../../../vostut/plot/static/brush.js";
import { paintLine } from "../../../vostut/plot/static/masks.js";
import { paintPolygon } from "../../../vostut/plot/static/shapes.js";
import { boxOf } from "./shapes.js";

const KEPT = 40; // masks that undo can bring back
const CLICK = 6; // a stroke shorter than this, in pixels, is a click
const HINTS = ["Paint over the object.", "Rub out what is not the object.",
  "Draw around the object, or click from corner to corner.", "Draw a box from one corner to the other."];

/** A tool over the first frame of a clip, as { element, getMask, setMask }; `changed()` is called after every change. */
export function markTool(clip, start, changed) {
  const { width, height } = clip, size = `aspect-ratio:${width}/${height}`;
  const canvas = h("canvas", { role: "img", "aria-label": `First frame of ${clip.name}`, style: size });
  const stage = h("div", { class: "v-stage", role: "application", tabindex: 0,
    "aria-label": "Frame 0. Arrow keys move the brush, space marks with it." }, canvas);
  const image = Object.assign(new Image(), { src: clip.urls[0], onload: () => draw() });
  const history = [], hint = h("span", { class: "v-label t-hint" }, HINTS[0]);
  let mask = start.slice(), tool = 0, points = [], travelled = 0, radius = Math.max(2, Math.round(height / 24));

  const undo = h("button", { type: "button", disabled: true, onclick: goBack, "aria-label": "Undo", title: "Undo (Ctrl+Z)" }, icon("undo"));
  const close = h("button", { type: "button", hidden: true, onclick: () => settle(points) }, "Close the outline");
  const brush = listenToBrush(stage, clip, { begin, extend, finish, cancel: goBack });
  const widths = slider("Brush radius in pixels", { min: 1, max: Math.round(height / 6), value: radius }, (to) => {
    radius = to;
    brush.resize(to);
  });
  const tools = segmented("Tool", ["Brush", "Eraser", "Outline", "Box"], (chosen) => {
    tool = chosen;
    points = [];
    hint.textContent = HINTS[tool];
    draw();
  });
  const clear = h("button", { type: "button", onclick: () => { remember(); mask.fill(0); finishChange(); } }, "Clear");
  const truth = clip.truth ? [h("button", { type: "button", onclick: () => { remember(); mask = clip.truth[0].slice(); finishChange(); } },
    "True mask")] : [];

  function remember() {
    history.push(mask.slice());
    if (history.length > KEPT) history.shift();
  }
  function finishChange() {
    points = [];
    undo.disabled = history.length === 0;
    draw();
    changed();
  }
  function goBack() {
    if (history.length) mask = history.pop();
    finishChange();
  }
  function begin() {
    travelled = 0;
    if (tool < 2) remember();
  }
  function extend(from, to) {
    travelled += Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (tool < 2) paintLine(mask, width, height, from, to, radius, 1 - tool);
    else if (tool === 2) points.push(to);
    else points = [points[0] ?? from, to];
    draw();
  }
  function finish() {
    if (tool < 2) return finishChange();
    const clicked = travelled < CLICK, [first, last] = [points[0], points.at(-1)];
    if (tool === 3) {
      if (!clicked || Math.hypot(first[0] - last[0], first[1] - last[1]) >= CLICK) settle(boxOf(first, last));
      return undefined;
    }
    const back = points.length > 3 && Math.hypot(first[0] - last[0], first[1] - last[1]) < CLICK;
    if (!clicked || back) settle(points);
    return undefined;
  }
  /** A shape is complete. */
  function settle(shape) {
    remember();
    paintPolygon(mask, width, height, shape, 1);
    finishChange();
  }
  function draw() {
    close.hidden = tool !== 2 || points.length < 3;
    if (!image.complete) return;
    const density = fitCanvas(canvas, width, height), context = canvas.getContext("2d"), scale = canvas.width / width;
    context.setTransform(scale, 0, 0, canvas.height / height, 0, 0);
    context.drawImage(image, 0, 0, width, height);
    context.drawImage(tinted(mask, width, height, [null, rgba(COLOURS.orange, 0.45)]), 0, 0);
    strokeOutline(context, outline(mask, width, height), COLOURS.orange, 1.6 * density, scale);
    if (!points.length) return;
    const path = new Path2D(), shape = tool === 3 ? [...boxOf(points[0], points.at(-1)), points[0]] : points;
    shape.forEach(([x, y], i) => (i ? path.lineTo(x + 0.5, y + 0.5) : path.moveTo(x + 0.5, y + 0.5)));
    strokeOutline(context, path, COLOURS.yellow, 2 * density, scale);
  }

  const row = (...children) => h("div", { class: "v-bar" }, ...children);
  const field = h("label", { class: "v-field" }, h("span", { class: "v-label" }, "Brush"), widths.element);
  const element = h("div", { class: "v-body" }, stage, hint, row(tools.element, field), row(...truth, clear, close, brush.done, undo));
  element.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); goBack(); }
    if (event.key === "Enter" && tool === 2 && points.length > 2) settle(points);
    event.stopPropagation(); // the page around us turns its pages with the arrow keys
  });
  new ResizeObserver(draw).observe(canvas);
  brush.resize(radius);
  return { element, getMask: () => mask.slice(), setMask: (next) => { remember(); mask = Uint8Array.from(next); finishChange(); } };
}
