// Shared by the frame player and the painting tool. Nothing here knows about either of them.

// Okabe and Ito's palette, as in vostut/plot/style.py.
export const COLOURS = {
  orange: "#E69F00", sky: "#56B4E9", green: "#009E73", yellow: "#F0E442", blue: "#0072B2", vermilion: "#D55E00",
};

const ICONS = {
  play: '<path d="M7 4.5v15l12.5-7.5z"/>',
  pause: '<path d="M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z"/>',
  back: '<path d="M5 5h2.6v14H5zM19 5v14L8.6 12z"/>',
  forward: '<path d="M16.4 5H19v14h-2.6zM5 5v14l10.4-7z"/>',
  undo: '<path d="M8.6 4 3.5 9.1l5.1 5.1v-3.6h4.9a3.7 3.7 0 0 1 0 7.4H8v2.4h5.5a6.1 6.1 0 0 0 0-12.2H8.6z"/>',
};

/** An element with attributes, listeners (names that start with "on") and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** One of the icons above, hidden from screen readers. */
export function icon(name) {
  const holder = h("span", { class: "v-icon", "aria-hidden": "true" });
  holder.innerHTML = `<svg viewBox="0 0 24 24" width="18" height="18" fill="currentColor">${ICONS[name]}</svg>`;
  return holder;
}

/** A row of buttons of which exactly one is pressed; `choose(index)` is called when that changes. */
export function segmented(label, options, choose, colours = []) {
  const buttons = options.map((text, i) => {
    const swatch = colours[i] ? [h("span", { class: "v-swatch", style: `background:${colours[i]}` })] : [];
    return h("button", { type: "button", onclick: () => select(i) }, ...swatch, text);
  });
  function select(chosen, tell = true) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
    if (tell) choose(chosen);
  }
  select(0, false);
  return { element: h("div", { class: "v-segmented", role: "group", "aria-label": label }, ...buttons), select };
}

/** A button that is either on or off; `changed(on)` is called when it is clicked. */
export function toggle(text, on, changed) {
  const button = h("button", { type: "button", class: "v-toggle", "aria-pressed": String(on), onclick: () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    changed(now);
  } }, h("span", { class: "v-switch", "aria-hidden": "true" }), text);
  return button;
}

/** A slider whose track is filled up to its thumb. */
export function slider(label, { min, max, value }, input) {
  const fill = () => element.style.setProperty("--fill", `${(100 * (element.value - min)) / (max - min || 1)}%`);
  const element = h("input", { type: "range", "aria-label": label, min, max, value, step: 1, oninput: () => {
    fill();
    input(Number(element.value));
  } });
  fill();
  return { element, set: (to) => { element.value = to; fill(); } };
}

/** A mask from its runs: for each run one byte with the object's id and a base-128 number, its length. */
export function decodeRuns(base64, length) {
  return readRuns(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)), length);
}

/** The same from the runs' bytes. */
export function readRuns(bytes, length) {
  const ids = new Uint8Array(length);
  let pixel = 0;
  for (let at = 0; at < bytes.length; ) {
    const id = bytes[at++];
    let run = 0, shift = 0, byte;
    do {
      byte = bytes[at++];
      run |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    ids.fill(id, pixel, pixel + run);
    pixel += run;
  }
  return ids;
}

/** [red, green, blue, alpha] of "#rrggbb", all in 0..255. */
export function rgba(hex, alpha) {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255, Math.round(255 * alpha)];
}

/** A canvas with one pixel for each entry of `codes`, coloured by `palette[code]` = [r, g, b, a]. */
export function tinted(codes, width, height, palette, canvas = h("canvas", { width, height })) {
  const picture = new ImageData(width, height);
  for (let i = 0; i < codes.length; i++) {
    const colour = palette[codes[i]];
    if (colour) picture.data.set(colour, 4 * i);
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}

// The cell between four pixel centres: which of its sides (0 top, 1 right, 2 bottom, 3 left) the outline joins,
// by which of the four pixels are inside (1 top left, 2 top right, 4 bottom right, 8 bottom left).
const SEGMENTS = [[], [3, 0], [0, 1], [3, 1], [1, 2], [3, 0, 1, 2], [0, 2], [3, 2],
  [3, 2], [0, 2], [0, 1, 3, 2], [1, 2], [3, 1], [0, 1], [3, 0], []];
const SIDES = [[1, 0.5], [1.5, 1], [1, 1.5], [0.5, 1]];

/** The outline of the pixels that hold `id` (marching squares), in pixels; open at the image's border. */
export function outline(ids, width, height, id = 1) {
  const path = new Path2D();
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0, i = y * width; x + 1 < width; x++, i++) {
      const inside = (ids[i] === id) | ((ids[i + 1] === id) << 1)
        | ((ids[i + width + 1] === id) << 2) | ((ids[i + width] === id) << 3);
      SEGMENTS[inside].forEach((side, end) => {
        const [dx, dy] = SIDES[side];
        if (end % 2) path.lineTo(x + dx, y + dy);
        else path.moveTo(x + dx, y + dy);
      });
    }
  }
  return path;
}

/** Draw an outline `line` device pixels wide, on a dark edge that keeps it visible on any background. */
export function strokeOutline(context, path, colour, line, scale) {
  context.lineCap = context.lineJoin = "round";
  for (const [style, width] of [["rgba(0, 0, 0, 0.55)", line + 2], [colour, line]]) {
    context.strokeStyle = style;
    context.lineWidth = width / scale;
    context.stroke(path);
  }
}

/** Give a canvas as many pixels as the screen shows of it; returns device pixels per CSS pixel. */
export function fitCanvas(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  const shown = Math.round((canvas.clientWidth || width) * density);
  if (canvas.width !== shown) {
    canvas.width = shown;
    canvas.height = Math.round((shown * height) / width);
  }
  return density;
}

/** Start every copy of a widget on this page that has not been started yet. */
export function startAll(id, start) {
  for (const root of document.querySelectorAll(`[data-vostut="${id}"]:not([data-started])`)) {
    root.setAttribute("data-started", "");
    start(root, JSON.parse(root.querySelector(".vostut-data").textContent));
  }
}
