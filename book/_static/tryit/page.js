// The page "Try it": a clip, a mask, a method, and what comes out. `base` is the folder of this script, `style` its style
// sheet, `clips` the names of the book's own clips; book/tryit.py writes the three before these lines.

import { COLOURS, decodeRuns, h, segmented } from "../../../vostut/plot/static/common.js";
import { startMarker } from "../../../vostut/plot/static/marker.js";
import { startPlayer } from "../../../vostut/plot/static/player.js";
import { regionSimilarity } from "../../../vostut/plot/static/scores.js";
import { loadPiece } from "./assets.js";
import { clipFromCutout, clipFromFiles, droppedFiles, release, troubleWith } from "./clip.js";
import { runsAsText } from "./pack.js";
import { download, maskZip, overlayFilm } from "./save.js";
import { watchTool } from "./watch.js";

const NAMES = { osvos: "OSVOS", masktrack: "MaskTrack" };
const TINTS = { osvos: "#E69F00", masktrack: "#0072B2" }; // each method's colour in the whole book
const NO_ENGINE = "This copy of the book was built without the engine that runs the networks: see \"If it does not run\" below.";
const NO_PIECE = "A part of the page could not be loaded: reload the page, or see \"If it does not run\" below.";
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);

/** Build the page inside `root`. */
function startTryit(root) {
  const state = { clip: null, tool: null, method: "osvos", worker: null, running: false, results: new Map() };
  const spoken = h("output", { class: "t-status", "aria-live": "polite" }, "Choose a clip to begin with.");
  const trouble = h("p", { class: "t-trouble", role: "alert", hidden: true });
  const say = (text) => { spoken.textContent = text; spoken.setAttribute("aria-live", "polite"); };
  const complain = (text) => { trouble.textContent = text; trouble.hidden = !text; };
  const place = (name) => h("div", { class: `t-${name}` });
  const marking = place("marking"), watching = place("watching"), showing = place("showing");
  const bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Progress" });

  /** Show how far something is. */
  function progress(text, done, of) {
    say(text);
    if (done > 1 && done < of) spoken.setAttribute("aria-live", "off"); // a reader of screens shall not hear every step
    bar.hidden = done === of;
    bar.value = done / of;
  }
  /** Do something that may fail; what failed is said, and everything else stays as it is. */
  async function attempt(action) {
    complain("");
    try {
      await action();
    } catch (error) {
      complain(error.message);
      say("");
      bar.hidden = true;
    }
  }

  // 1. A clip.
  let asked = 0;
  /** Take the clip that `make(tell)` gives, unless another has been asked for in the meantime. */
  const open = (make) => attempt(async () => {
    const mine = ++asked;
    const tell = (done, of) => { if (mine === asked) progress(`Reading frame ${done} of ${of}`, done, of); };
    const clip = await make(tell).catch((error) => { if (mine === asked) throw error; });
    if (mine === asked) take(clip);
    else release(clip);
  });
  const own = clips.map((name) => h("button", { type: "button", onclick: () => open(async () => {
    say(`Loading ${name} ...`);
    const text = new TextDecoder().decode(await loadPiece(base, `clip-${name}`, NO_PIECE));
    return clipFromCutout(JSON.parse(text), decodeRuns);
  }) }, name));
  const given = (files) => open((tell) => clipFromFiles(files, tell));
  const chooser = (text, options) => {
    const input = h("input", { type: "file", class: "v-hidden", ...options, onchange: () => {
      const files = [...input.files];
      input.value = ""; // the same file may be chosen again
      if (files.length) given(files);
    } });
    return h("label", { class: "t-file" }, input, text);
  };
  const zone = h("div", { class: "t-drop" }, h("span", {}, "Drop a video or a folder of pictures here, or"),
    chooser("choose a video", { accept: "video/*" }), chooser("choose pictures", { accept: "image/*", multiple: true }));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("t-over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("t-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("t-over");
    open(async (tell) => clipFromFiles(await droppedFiles(event.dataTransfer), tell));
  });

  function take(clip) {
    stop();
    if (state.clip) release(state.clip);
    Object.assign(state, { clip, results: new Map() });
    const first = clip.truth ? clip.truth[0] : new Uint8Array(clip.width * clip.height);
    const tool = h("div", { class: "vostut vostut-mark" });
    marking.replaceChildren(tool);
    state.tool = startMarker(tool, { alt: `First frame of ${clip.name}`, image: clip.urls[0], width: clip.width, height: clip.height,
      start: runsAsText(first), colours: ["#000000", COLOURS.orange] }, () => complain(""), tool);
    tool.addEventListener("keydown", (event) => event.stopPropagation()); // the page around us turns its pages with the arrow keys
    restore.hidden = !clip.truth;
    watching.replaceChildren();
    showing.replaceChildren();
    second.hidden = third.hidden = false;
    bar.hidden = true;
    own.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === clip.name)));
    say(`${clip.name}: ${clip.frames.length} frames of ${clip.width} x ${clip.height} pixels. ${clip.note} ${clip.truth
      ? "The true mask is marked already; change it if you like." : "Mark the object in frame 0."}`);
  }

  // 3. A method.
  const methods = segmented("Method", Object.values(NAMES), (chosen) => { state.method = Object.keys(NAMES)[chosen]; },
    Object.values(TINTS));
  const go = h("button", { type: "button", class: "v-play t-go", onclick: () => attempt(run) }, "Segment the clip");
  const halt = h("button", { type: "button", hidden: true, onclick: stop }, "Stop");

  function stop() {
    if (state.running) state.worker?.postMessage({ stop: true });
  }
  function setRunning(running) {
    const held = [go, halt].includes(document.activeElement); // a keyboard's place must not vanish with a button
    state.running = running;
    go.disabled = running;
    halt.hidden = !running;
    if (held) (running ? halt : go).focus();
    for (const button of methods.element.children) button.disabled = running;
  }

  /** The worker, and the pieces that it does not have yet. */
  async function prepare(method) {
    if (!WebAssembly.validate(SIMD)) throw new Error("This browser's WebAssembly has no SIMD: a current Chromium, Firefox or Safari has.");
    const message = {};
    if (!state.worker) {
      say("Loading the engine ...");
      const [code, wasm, work] = await Promise.all([loadPiece(base, "engine-code", NO_ENGINE),
        loadPiece(base, "engine-wasm", NO_ENGINE), loadPiece(base, "worker", NO_PIECE)]);
      const address = URL.createObjectURL(new Blob([work], { type: "text/javascript" }));
      state.worker = Object.assign(new Worker(address), { known: new Set() });
      message.engine = { code, wasm };
    }
    if (!state.worker.known.has(method)) {
      say(`Loading ${NAMES[method]} ...`);
      message.network = await loadPiece(base, method, NO_PIECE);
      if (method === "osvos") message.heads = JSON.parse(new TextDecoder().decode(await loadPiece(base, "osvos_heads", NO_PIECE)));
      state.worker.known.add(method);
    }
    return message;
  }

  async function run() {
    const { clip, method } = state, mask = state.tool.mask().slice(), wrong = troubleWith(mask);
    if (wrong) throw new Error(wrong);
    setRunning(true);
    try {
      const message = await prepare(method), view = watchTool(clip, TINTS[method]);
      watching.replaceChildren(view.element);
      view.mask(0, mask);
      const { frames, width, height } = clip;
      state.worker.postMessage({ ...message, method, clip: { frames, width, height, mask } });
      const result = await follow(view);
      if (clip === state.clip) finish(method, { ...result, curve: method === "osvos" ? view.curve : null });
    } catch (error) {
      state.worker?.terminate(); // the next try begins anew
      state.worker = null;
      throw error;
    } finally {
      setRunning(false);
    }
  }

  /** Listen to the worker until it has finished; what it has found by then. */
  function follow(view) {
    const { clip, method, worker } = state, result = { masks: [], J: [], losses: [], seconds: 0, trained: 0 };
    const told = {
      ready: () => say("Ready."),
      features: ({ done, of }) => progress(`Features of frame 0, variant ${done} of ${of}`, done, of),
      step({ done, of, loss, picture, seconds }) {
        result.losses.push(loss);
        result.trained = seconds;
        view.loss(loss, of);
        if (picture) view.soft(picture);
        progress(`Training the heads: step ${done} of ${of}`, done, of);
      },
      frame({ t, mask }) {
        result.masks.push(mask);
        view.mask(t, mask);
        if (clip.truth) result.J.push(regionSimilarity(mask, clip.truth[t]).J);
        const score = clip.truth && t ? `, J ${result.J[t].toFixed(3)}` : "";
        progress(`${NAMES[method]}: frame ${t + 1} of ${clip.frames.length}${score}`, t + 1, clip.frames.length);
      },
    };
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.stage === "end") resolve({ ...result, seconds: data.seconds, stopped: data.stopped });
        else if (data.stage === "error") reject(new Error(`The engine gave up: ${data.text}`));
        else if (clip === state.clip) told[data.stage](data); // another has taken its place: what it says is late
      };
      worker.onerror = (event) => reject(new Error(`The engine gave up: ${event.message}`));
    });
  }

  // 4. What came out.
  function finish(method, result) {
    bar.hidden = true;
    const { clip } = state, n = result.masks.length;
    const seconds = `${result.seconds.toFixed(0)} seconds${result.trained ? `, ${result.trained.toFixed(0)} of them for training` : ""}`;
    const scored = result.J.slice(1, n === clip.frames.length ? -1 : n); // as the benchmark has it
    say(`${result.stopped ? "Stopped" : "Done"}: ${n} of ${clip.frames.length} frames in ${seconds}.${
      scored.length ? ` Mean J: ${meanOf(scored).toFixed(3)}.` : ""}`);
    if (!n) return;
    state.results.set(method, result);
    watching.replaceChildren();
    showing.replaceChildren(title("What came out"), playerOf(),
      ...[...state.results].map(saveButtons), ...[...state.results.values()].flatMap(({ curve }) => curve ?? []));
  }
  const meanOf = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

  /** The book's player, with the masks of every method that has run. */
  function playerOf() {
    const { clip, results } = state, figure = h("div", { class: "vostut vostut-player" }, h("figcaption", { hidden: true }));
    const most = Math.max(...[...results.values()].map((r) => r.masks.length));
    const empty = new Uint8Array(clip.width * clip.height), all = [...results];
    const upTo = (list, other) => Array.from({ length: most }, (_, t) => list[t] ?? other);
    startPlayer(figure, {
      alt: `${clip.name} with the masks of ${all.map(([method]) => NAMES[method]).join(" and ")}`,
      width: clip.width, height: clip.height, label: "frame", fps: clip.fps, last: most - 1,
      numbers: Array.from({ length: most }, (_, t) => t), frames: clip.urls.slice(0, most),
      overlays: all.map(([method, { masks }]) => ({ label: NAMES[method], colours: [TINTS[method]],
        masks: upTo(masks, empty).map(runsAsText) })),
      curves: clip.truth ? all.map(([method, { J }]) => ({ label: `J of ${NAMES[method]}`, colour: TINTS[method],
        values: upTo(J, null) })) : [],
    });
    return figure;
  }

  function saveButtons([method, { masks }]) {
    const { clip } = state, name = `${clip.name}-${method}`;
    const button = (text, action) => h("button", { type: "button", onclick: () => attempt(action) }, text);
    return h("div", { class: "v-bar" }, h("span", { class: "v-label" }, `${NAMES[method]}:`),
      button("Save the masks (zip)", async () => download(await maskZip(clip, masks), `${name}.zip`)),
      button("Save an animation (WebP)", async () => {
        const tell = (done, of) => progress(`Drawing frame ${done} of ${of}`, done, of);
        download(await overlayFilm(clip, masks, TINTS[method], tell), `${name}.webp`);
        say("The animation is among your downloads.");
      }));
  }

  const title = (text) => h("p", { class: "t-title" }, text);
  const restore = h("button", { type: "button", onclick: () => state.tool.replace(state.clip.truth[0]) }, "True mask");
  const second = h("div", { class: "t-step", hidden: true }, h("div", { class: "v-bar" }, title("2. Mark the object in frame 0"), restore), marking);
  const third = h("div", { class: "t-step", hidden: true }, title("3. Choose a method, and watch"),
    h("div", { class: "v-bar" }, methods.element, go, halt));
  root.append(h("div", { class: "t-step" }, title("1. Choose a clip"),
    h("div", { class: "v-bar v-tries", role: "group", "aria-label": "Moving cutouts" }, h("span", { class: "v-label" }, "Moving cutouts"), ...own),
    zone), second, third, spoken, bar, trouble, watching, showing);
  root.tryit = { state, given, setMask: (mask) => state.tool.replace(mask) };
}

document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
document.querySelectorAll("#tryit").forEach(startTryit);
