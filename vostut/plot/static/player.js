// The frame player: a video as a stack of still pictures, with masks drawn over them and curves below.

import {
  decodeRuns, fitCanvas, h, icon, outline, rgba, segmented, slider, startAll, strokeOutline, tinted, toggle,
} from "./common.js";

/** Build a player inside `root`. `data` is described in vostut/plot/player.py. */
export function startPlayer(root, data) {
  const { width, height, overlays, curves } = data;
  const last = data.frames.length - 1;
  const one = data.label, One = one[0].toUpperCase() + one.slice(1); // "frame", or what the pictures are instead
  const state = { t: 0, overlay: 0, shown: overlays.length > 0, playing: false };
  const layers = new Map(); // overlays already decoded, by "overlay/frame"
  const images = data.frames.map((source) => Object.assign(new Image(), { src: source }));

  const canvas = h("canvas", { role: "img", "aria-label": data.alt, style: `aspect-ratio:${width}/${height}` });
  const play = h("button", { type: "button", class: "v-play", onclick: () => setPlaying(!state.playing) });
  const scrub = slider(One, { min: 0, max: last, value: 0 }, (t) => { setPlaying(false); show(t); });
  const counter = h("output", { class: "v-counter" });
  const step = (by, name, label) => h("button", { type: "button", "aria-label": label, title: label,
    onclick: () => stepBy(by) }, icon(name));

  const bar = h("div", { class: "v-bar" }, step(-1, "back", `Previous ${one}`), play,
    step(1, "forward", `Next ${one}`), scrub.element, counter);
  const choices = h("div", { class: "v-bar v-choices" });
  const picker = segmented("Mask to show", overlays.map((overlay) => overlay.label), (chosen) => {
    state.overlay = chosen;
    draw();
  }, overlays.map((overlay) => overlay.colours[0]));
  if (overlays.length > 1) choices.append(picker.element);
  if (overlays.length) choices.append(toggle("Mask", true, (on) => { state.shown = on; draw(); }));
  const chart = curves.length ? lineChart(data, (t) => { setPlaying(false); show(t); }) : null;
  const ui = h("div", { class: "v-body" }, h("div", { class: "v-stage" }, canvas), bar);
  if (overlays.length) ui.append(choices);
  if (chart) ui.append(chart.element);
  root.insertBefore(ui, root.querySelector("figcaption"));

  /** The mask of a frame, ready to be drawn: tinted pixels and one outline for each object. */
  function layer(k, t) {
    const key = `${k}/${t}`;
    if (!layers.has(key)) {
      const ids = decodeRuns(overlays[k].masks[t], width * height);
      const present = [...new Set(ids)].filter((id) => id > 0);
      const colour = (id) => overlays[k].colours[(id - 1) % overlays[k].colours.length];
      const palette = [];
      for (const id of present) palette[id] = rgba(colour(id), 0.42);
      const lines = present.map((id) => [colour(id), outline(ids, width, height, id)]);
      layers.set(key, { fill: tinted(ids, width, height, palette), lines });
    }
    return layers.get(key);
  }

  function draw() {
    const image = images[state.t];
    if (!image.complete) {
      image.onload = draw;
      return;
    }
    const density = fitCanvas(canvas, width, height);
    const context = canvas.getContext("2d");
    const scale = canvas.width / width;
    context.setTransform(scale, 0, 0, canvas.height / height, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    if (!state.shown) return;
    const { fill, lines } = layer(state.overlay, state.t);
    context.drawImage(fill, 0, 0);
    for (const [colour, path] of lines) strokeOutline(context, path, colour, 1.6 * density, scale);
  }

  function show(t) {
    state.t = Math.min(Math.max(t, 0), last);
    scrub.set(state.t);
    const place = `${data.numbers[state.t]} / ${data.last}`;
    counter.textContent = one === "frame" ? place : `${one} ${place}`;
    scrub.element.setAttribute("aria-valuetext", `${one} ${place.replace("/", "of")}`);
    chart?.show(state.t);
    draw();
  }

  function stepBy(by) {
    setPlaying(false);
    show((state.t + by + last + 1) % (last + 1));
  }

  function setPlaying(playing) {
    if (playing && !state.playing) {
      if (state.t === last) show(0);
      requestAnimationFrame((now) => tick(now, now));
    }
    state.playing = playing;
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.title = playing ? "Pause (space)" : "Play (space)";
  }

  /** Called before each repaint of the screen: go on by one frame when it is time. */
  function tick(now, since) {
    if (!state.playing || !root.isConnected) return;
    if (now - since >= 1000 / data.fps) {
      since = now - since > 3000 / data.fps ? now : since + 1000 / data.fps;
      const stop = state.t === last && matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (stop) return setPlaying(false); // no endless motion for readers who asked for less of it
      show(state.t === last ? 0 : state.t + 1);
    }
    requestAnimationFrame((later) => tick(later, since));
  }

  const keys = {
    ArrowLeft: () => stepBy(-1), ArrowRight: () => stepBy(1), " ": () => setPlaying(!state.playing),
    Home: () => { setPlaying(false); show(0); }, End: () => { setPlaying(false); show(last); },
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.stopPropagation(); // the page around us may turn its pages with the arrow keys
    if (event.key === " " && event.target.closest("button")) return; // the button does it
    event.preventDefault();
    keys[event.key]();
  });
  canvas.addEventListener("click", () => {
    setPlaying(!state.playing);
    scrub.element.focus({ preventScroll: true });
  });
  new ResizeObserver(() => { draw(); chart?.layout(); }).observe(canvas);
  setPlaying(false);
  show(0);
  root.vostut = { seek: show, get frame() { return state.t; }, get playing() { return state.playing; },
    get overlay() { return state.shown ? overlays[state.overlay].label : null; } };
}

/** Curves over the frames, with a cursor; a click or a drag calls `seek(frame)`. */
function lineChart(data, seek) {
  const { curves } = data, n = data.frames.length, height = 132;
  const margin = { left: 34, right: 10, top: 8, bottom: 22 };
  const values = curves.flatMap((curve) => curve.values.filter((value) => value !== null));
  const bounded = values.every((value) => value >= 0 && value <= 1);
  const [low, high] = bounded || !values.length ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const current = curves.map(() => h("b"));
  const legend = h("div", { class: "v-legend" }, ...curves.map((curve, k) => h("span", { class: "v-key" },
    h("span", { class: "v-swatch v-line", style: `background:${curve.colour}` }), curve.label, current[k])));
  const plot = h("div", { class: "v-plot", role: "img",
    "aria-label": `Line chart over the ${data.label}s: ${curves.map((curve) => curve.label).join(", ")}` });
  let width = 0, at = 0;

  const x = (t) => margin.left + (n > 1 ? t / (n - 1) : 0.5) * (width - margin.left - margin.right);
  const y = (value) => height - margin.bottom
    - ((value - low) / (high - low || 1)) * (height - margin.top - margin.bottom);

  /** Neighbouring known values are joined; a single known value between gaps becomes a dot. */
  function path(points) {
    return points.map((value, t) => {
      if (value === null) return "";
      const joined = t > 0 && points[t - 1] !== null;
      return `${joined ? "L" : "M"}${x(t).toFixed(1)} ${y(value).toFixed(1)}${joined ? "" : "h0"}`;
    }).join("");
  }

  /** The pictures whose numbers stand below the curves: all of a few whose distances differ, else three. */
  function marked() {
    const [first, second] = data.numbers, even = data.numbers.every((number, t) => number === first + t * (second - first));
    return even || n > 8 ? [...new Set([0, Math.round((n - 1) / 2), n - 1])] : [...data.numbers.keys()];
  }

  function layout() {
    width = plot.clientWidth || data.width;
    const ticks = [low, (low + high) / 2, high].map((value) => `<line class="v-grid" x1="${margin.left}"
      x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}"/><text x="${margin.left - 7}" y="${y(value) + 4}"
      text-anchor="end">${bounded ? value : Number(value.toPrecision(3))}</text>`);
    const frames = marked().map((t, i) => `<text x="${x(t)}" y="${height - 5}"
      text-anchor="${t && t === n - 1 ? "end" : "middle"}">${i ? "" : `${data.label} `}${data.numbers[t]}</text>`);
    const lines = curves.map((curve) => `<path d="${path(curve.values)}" stroke="${curve.colour}"/>`);
    const dots = curves.map((curve) => `<circle r="4" fill="${curve.colour}"/>`);
    plot.innerHTML = `<svg width="${width}" height="${height}" aria-hidden="true">${ticks.join("")}${frames.join("")}
      <line class="v-cursor" y1="${margin.top}" y2="${height - margin.bottom}"/>${lines.join("")}${dots.join("")}</svg>`;
    show(at);
  }

  function show(t) {
    at = t;
    const cursor = plot.querySelector(".v-cursor");
    cursor?.setAttribute("x1", x(t));
    cursor?.setAttribute("x2", x(t));
    const dots = plot.querySelectorAll("circle");
    curves.forEach((curve, k) => {
      const value = curve.values[t];
      current[k].textContent = value === null ? "-" : value.toFixed(3);
      dots[k]?.setAttribute("transform", `translate(${x(t)} ${value === null ? -99 : y(value)})`);
    });
  }

  function seekTo(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    const across = (event.clientX - plot.getBoundingClientRect().left - margin.left)
      / (width - margin.left - margin.right);
    seek(Math.round(Math.min(Math.max(across, 0), 1) * (n - 1)));
  }
  plot.addEventListener("pointerdown", seekTo);
  plot.addEventListener("pointermove", seekTo);
  return { element: h("div", { class: "v-chart" }, legend, plot), layout, show };
}

/** Called by the page, with the mark of its figure. */
export const start = (id) => startAll(id, startPlayer);
