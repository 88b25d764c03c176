// The brush of the painting tool: mouse, finger and keyboard.

import { h, slider } from "./common.js";

/** The control of the brush's radius, in pixels of a mask `height` high; `resize(radius)` follows it. */
export function brushSize(height, radius, resize) {
  const size = h("output", { class: "v-counter v-short" });
  const brush = slider("Brush radius in pixels", { min: 1, max: Math.max(8, Math.round(height / 6)), value: radius }, set);
  function tell(to) {
    size.textContent = `${to} px`;
    brush.element.setAttribute("aria-valuetext", `${to} pixels`);
  }
  function set(to) {
    resize(to);
    tell(to);
  }
  tell(radius);
  const element = h("label", { class: "v-field" }, h("span", { class: "v-label" }, "Brush"), brush.element, size);
  return { element, set: (to) => { brush.set(to); set(Number(brush.element.value)); } };
}

/**
 * Let pointer and keyboard paint on `stage`. Points are [x, y] in mask pixels, pixel centres at whole numbers.
 * Calls begin(), extend(from, to) for each piece of a stroke, then finish(), or cancel() if it was none; and hover(to)
 * wherever the brush is held. An arrow key moves it by `step` pixels, and by four times as many with the shift key.
 * A finger paints only after a tap, so that a swipe over the picture scrolls the page, until `done` is pressed or
 * something else on the page.
 */
export function listenToBrush(stage, { width, height, step = 3 }, { begin, extend, finish, cancel, hover = () => {} }) {
  const ring = h("span", { class: "v-ring", hidden: true });
  let last = null; // the last point of the stroke being painted
  let spot = null; // where the keyboard holds the brush
  let finger = false; // was the last press a finger's (or a pen's)?
  const hint = h("span", { class: "v-tap", "aria-hidden": "true" }, "Tap to paint");
  const done = h("button", { type: "button", class: "v-done", hidden: true, onclick: () => {
    stage.focus({ preventScroll: true });
    allow(false);
  } }, "Done painting");
  stage.append(ring, hint);

  const elsewhere = (event) => { if (!stage.closest(".vostut")?.contains(event.target)) allow(false); };
  /** Let fingers paint, or scroll the page. The page is listened to only meanwhile: it would keep a picture that is gone. */
  function allow(painting) {
    stage.classList.toggle("v-painting", painting);
    done.hidden = !painting;
    if (painting) document.addEventListener("pointerdown", elsewhere);
    else document.removeEventListener("pointerdown", elsewhere);
  }

  function pointAt(event) {
    const box = stage.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width - 0.5,
      ((event.clientY - box.top) / box.height) * height - 0.5];
  }
  function moveRing([x, y]) {
    ring.hidden = false;
    ring.style.left = `${(100 * (x + 0.5)) / width}%`;
    ring.style.top = `${(100 * (y + 0.5)) / height}%`;
    hover([x, y]);
  }
  function goOn(to) {
    extend(last ?? to, to);
    last = to;
  }
  function end(how) {
    if (last === null) return;
    last = null;
    how();
  }
  const listeners = {
    pointerdown(event) {
      finger = event.pointerType !== "mouse";
      if (!event.isPrimary || event.button !== 0) return;
      if (finger && !stage.classList.contains("v-painting")) return;
      stage.setPointerCapture(event.pointerId);
      begin();
      goOn(pointAt(event));
    },
    pointermove(event) {
      if (!event.isPrimary || (event.pointerType !== "mouse" && last === null)) return;
      moveRing(pointAt(event));
      if (last !== null) goOn(pointAt(event));
    },
    pointerup() { end(finish); },
    click() { if (finger) allow(true); }, // a swipe ends without a click
    pointercancel() { end(cancel); }, // two fingers: the reader zooms, and does not paint
    pointerleave() { ring.hidden = true; },
    blur() { spot = null; ring.hidden = true; },
    keydown(event) {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey || (!move && event.key !== " ")) return;
      event.preventDefault();
      const [dx, dy] = move ?? [0, 0], by = event.shiftKey ? 4 * step : step;
      const [x, y] = spot ?? [width >> 1, height >> 1];
      spot = [Math.min(Math.max(x + by * dx, 0), width - 1), Math.min(Math.max(y + by * dy, 0), height - 1)];
      moveRing(spot);
      if (move) return;
      begin();
      goOn(spot);
      end(finish);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) stage.addEventListener(name, listener);
  return { done, resize: (radius) => { ring.style.width = `${(100 * (2 * radius + 1)) / width}%`; } };
}
