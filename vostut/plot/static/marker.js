// The marking tool: brush, polygon and box, for one object on a picture or for several. It knows of no truth and no server;
// `vostut mark` and the page "Try it" of the book both have it.

import { decodeRuns, h, icon, segmented, toggle } from "./common.js";
import { brushSize, listenToBrush } from "./brush.js";
import { makeHistory } from "./history.js";
import { paintLine } from "./masks.js";
import { makeShapes, paintBox, paintPolygon } from "./shapes.js";
import { makeTinting } from "./tinting.js";

const TOOLS = ["brush", "polygon", "box"];
const MOST_ZOOM = 8;
const HINTS = {
  brush: "Paint over the object.",
  polygon: "Press on its corners one after the other. The first one again, or Enter, fills it.",
  box: "Drag from one corner to the opposite one, or press on both.",
};
const KEYS = [
  ["Arrows", "move the brush (with Shift: farther)"], ["Space", "paint, or set a corner"],
  ["Enter", "fill the polygon"], ["Escape", "drop an open shape"],
  ["B, P, R", "brush, polygon, rectangle (box)"], ["E", "paint or erase"], ["[ and ]", "brush smaller, larger"],
  ["1 to 9", "object"], ["+ and −", "zoom"], ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
];

/** Is there one object alone? */
const isSingle = ({ colours }) => colours.length === 2;

/** Which objects there are, as a row of buttons; `choose(id)` follows it. */
function objectChoice(colours, choose) {
  const holder = h("div", { class: "v-objects" });
  let count = 0, current = 1, choice = null;
  function offer(to) {
    if (to <= count) return;
    count = Math.min(to, colours.length - 1);
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    choice = segmented("Object", ids.map(String), (k) => { current = k + 1; choose(current); },
      ids.map((id) => colours[id]));
    choice.element.querySelectorAll("button").forEach((b, i) => b.setAttribute("aria-label", `Object ${i + 1}`));
    choice.select(current - 1, false);
    holder.replaceChildren(choice.element);
    add.disabled = count === colours.length - 1;
  }
  const add = h("button", { type: "button", onclick: () => { offer(count + 1); choice.select(count - 1); } }, "Add object");
  return { holder, add, offer, select: (id) => { if (id <= count) choice.select(id - 1); } };
}

/**
 * Build the tool inside `root`; `changed(mask)` is called whenever the mask is another one.
 * `data` holds a picture's address and what it shows, its size, the runs of a mask to begin with, and a colour for each
 * id: two colours are for one object, of which nothing is to be chosen. `keys` hears the shortcuts.
 */
export function startMarker(root, data, changed = () => {}, keys = document) {
  const { width, height, colours } = data;
  let mask = decodeRuns(data.start, width * height);
  const history = makeHistory(mask);
  let tool = "brush", erase = false, object = 1, filled = true, zoom = 1;
  let radius = Math.max(2, Math.round(height / 30)); // of the brush
  let dirty = null, stroked = null; // the rectangles still to be drawn, and of this stroke

  const objects = objectChoice(colours, (id) => { object = id; });
  const parts = layOut(root, data, objects, {
    tool: (k) => use(TOOLS[k]),
    mode: (k) => { erase = k === 1; },
    fill: (on) => { filled = on; drawAll(); },
    zoom: (by) => zoomTo(zoom * by),
    clear: () => { for (let i = 0; i < mask.length; i++) if (mask[i] === object) mask[i] = 0; settle(); },
    undo, redo: () => restore(history.redo),
    done: () => shapes.close(),
  });
  const size = brushSize(height, radius, (to) => { radius = to; brush.resize(to); });
  const tint = makeTinting(parts.canvas, data);
  const value = () => (erase ? 0 : object);
  const shapes = makeShapes(parts.stage, data, (shape, points) => {
    if (shape === "box") paintBox(mask, width, height, ...points, value());
    else paintPolygon(mask, width, height, points, value());
    settle();
  });
  const brush = listenToBrush(parts.stage, { width, height, step: Math.max(1, Math.round(height / 160)) }, {
    begin: () => { if (tool !== "brush") shapes.begin(); },
    extend(from, to) {
      if (tool === "brush") stroke(from, to);
      else shapes.extend(to);
    },
    finish: () => { if (tool === "brush") settle(); else { shapes.finish(); tellShape(); } },
    cancel() {
      if (tool !== "brush") return shapes.cancel();
      stroked = null;
      mask = history.now();
      drawAll();
    },
    hover: (to) => { if (tool !== "brush") shapes.hover(to); },
  });

  const around = (one, box) => (one
    ? [...[0, 1].map((k) => Math.min(one[k], box[k])), ...[2, 3].map((k) => Math.max(one[k], box[k]))] : box);
  /** Paint, and draw what has changed before the next repaint, however many pointer events come until then. */
  function stroke(from, to) {
    paintLine(mask, width, height, from, to, radius, value());
    const box = [...[0, 1].map((k) => Math.floor(Math.min(from[k], to[k]) - radius)),
      ...[0, 1].map((k) => Math.ceil(Math.max(from[k], to[k]) + radius))];
    if (!dirty) requestAnimationFrame(() => { tint(mask, reach(), true, dirty); dirty = null; });
    dirty = around(dirty, box);
    stroked = around(stroked, box);
  }
  /** Pixels of the mask that an edge is wide: about one and a half of the screen's. */
  const reach = () => Math.max(1, Math.round((1.5 * width) / (parts.stage.clientWidth || width)));
  const drawAll = () => tint(mask, reach(), filled);

  function use(next) {
    tool = next;
    shapes.use(next);
    parts.hint.textContent = HINTS[next];
    size.element.hidden = next !== "brush";
    brush.resize(next === "brush" ? radius : 0);
    tellShape();
  }
  function tellShape() {
    parts.close.hidden = tool !== "polygon";
    parts.close.disabled = shapes.open < 3;
    parts.undo.disabled = !history.canUndo && !shapes.open;
  }
  /** A change is complete: remember it, and tell the page and screen readers. */
  function settle() {
    history.remember(mask);
    show(stroked);
    stroked = null;
  }
  function restore(move) {
    mask = move();
    show();
  }
  /** Of an open shape, the last corner; else the last change. */
  function undo() {
    if (!shapes.open) return restore(history.undo);
    shapes.back();
    tellShape();
  }
  function show(where, tell = true) {
    tint(mask, reach(), filled, where ?? undefined);
    tellShape();
    parts.redo.disabled = !history.canRedo;
    const counts = new Array(colours.length).fill(0);
    for (let i = 0; i < mask.length; i++) counts[mask[i]]++;
    const present = counts.map((n, id) => [id, (100 * n) / mask.length]).filter(([id, share]) => id && share);
    objects.offer(Math.max(1, ...present.map(([id]) => id)));
    const words = ([id, share]) => `${isSingle(data) ? "the object" : `object ${id}`}: ${share < 0.1 ? "under 0.1" : share.toFixed(1)} % of the frame`;
    parts.legend.replaceChildren(...present.map((one) => h("span", { class: "v-key" },
      h("span", { class: "v-swatch", style: `background:${colours[one[0]]}` }), words(one))));
    if (!present.length) parts.legend.replaceChildren("Nothing is marked yet.");
    if (!tell) return;
    parts.spoken.textContent = present.length ? present.map(words).join(", ") : "Nothing is marked.";
    changed(mask);
  }
  function zoomTo(next) {
    const view = parts.view, across = view.scrollWidth, down = view.scrollHeight;
    const centre = [(view.scrollLeft + view.clientWidth / 2) / across, (view.scrollTop + view.clientHeight / 2) / down];
    zoom = Math.min(MOST_ZOOM, Math.max(1, next));
    root.style.setProperty("--zoom", zoom);
    view.scrollLeft = centre[0] * view.scrollWidth - view.clientWidth / 2;
    view.scrollTop = centre[1] * view.scrollHeight - view.clientHeight / 2;
    parts.zoomed(zoom);
    drawAll();
  }
  const shortcuts = {
    b: () => parts.tools.select(0), p: () => parts.tools.select(1), r: () => parts.tools.select(2),
    e: () => parts.modes.select(erase ? 0 : 1),
    "[": () => size.set(radius - 1), "]": () => size.set(radius + 1),
    "+": () => zoomTo(zoom * 2), "-": () => zoomTo(zoom / 2),
    Escape: () => shapes.drop(), Backspace: () => shapes.back(),
    Enter: (event) => event.target.closest("button, summary, input") || shapes.close(),
  };
  keys.addEventListener("keydown", (event) => { // the body has the focus when a button that had it is disabled
    if (!root.contains(event.target) && event.target !== document.body) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (key === "z" || key === "y") {
        event.preventDefault();
        if (key === "y" || event.shiftKey) restore(history.redo);
        else undo();
      }
    } else if (!event.altKey) {
      if (key >= "1" && key <= "9") objects.select(Number(key));
      else shortcuts[key]?.(event);
      if (event.target === parts.stage) parts.stage.querySelector(".v-ring").scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    tellShape();
  });
  new ResizeObserver(drawAll).observe(parts.stage);
  parts.sizes.append(size.element, brush.done);
  brush.resize(radius);
  show(null, false);
  use(tool);
  root.vostut = { getMask: () => mask.slice(), get object() { return object; }, get open() { return shapes.open; } };
  return { mask: () => mask, replace: (next) => { mask = Uint8Array.from(next); settle(); } };
}

/** Put everything that one sees into `root`; `on` holds what the controls call. */
function layOut(root, data, objects, on) {
  const canvas = h("canvas", { width: data.width, height: data.height, "aria-hidden": "true" });
  const stage = h("div", { class: "v-stage", role: "application", tabindex: 0,
    "aria-label": "Painting area. Arrow keys move the brush, space paints or sets a corner." },
  h("img", { src: data.image, alt: data.alt, draggable: "false" }), canvas);
  const view = h("div", { class: "v-view" }, stage);
  root.style.setProperty("--ratio", data.width / data.height);
  const button = (text, onclick, options = {}, ...inside) => h("button", { type: "button", onclick, ...options }, ...inside, text);
  const undo = button("", on.undo, { disabled: true, title: "Undo (Ctrl+Z)", "aria-label": "Undo" }, icon("undo"));
  const redo = button("", on.redo, { disabled: true, title: "Redo (Ctrl+Shift+Z)", "aria-label": "Redo" }, icon("undo"));
  redo.classList.add("v-redo");
  const close = button("Fill the polygon", on.done, { hidden: true });
  const scale = h("output", { class: "v-counter v-short" }, "1 ×");
  const less = button("−", () => on.zoom(0.5), { "aria-label": "Zoom out", disabled: true });
  const more = button("+", () => on.zoom(2), { "aria-label": "Zoom in" });
  const tools = segmented("Tool", ["Brush", "Polygon", "Box"], on.tool);
  const modes = segmented("Paint or erase", ["Paint", "Erase"], on.mode);
  const sizes = h("div", { class: "v-sizes" });
  const hint = h("p", { class: "v-hint" }), legend = h("div", { class: "v-legend" });
  const spoken = h("output", { class: "v-hidden" });
  const row = (...children) => h("div", { class: "v-bar" }, ...children);
  const keys = h("details", { class: "v-keys" }, h("summary", {}, "Keys"), h("dl", {},
    ...KEYS.filter(([, does]) => !isSingle(data) || does !== "object").flatMap(
      ([key, does]) => [h("dt", {}, key), h("dd", {}, does)])));
  const clear = button(isSingle(data) ? "Clear" : "Clear this object", on.clear);
  const choice = [h("span", { class: "v-label" }, "Object"), objects.holder, objects.add, clear, close];
  root.append(h("div", { class: "v-body" },
    row(tools.element, modes.element, sizes, h("div", { class: "v-pair v-last" }, undo, redo)),
    ...(isSingle(data) ? [] : [row(...choice)]),
    row(hint, ...(isSingle(data) ? [clear, close] : []), h("div", { class: "v-pair v-last" }, toggle("Tint", true, on.fill), less, scale, more)),
    view, legend, keys, spoken));
  const zoomed = (zoom) => {
    scale.textContent = `${zoom} ×`;
    less.disabled = zoom === 1;
    more.disabled = zoom === MOST_ZOOM;
  };
  return { canvas, stage, view, undo, redo, close, tools, modes, sizes, hint, legend, spoken, zoomed };
}
