// Making masks: with a brush, and from the ground truth.

import { count, dilate } from "./scores.js";

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

/**
 * The mask with `missing` pixels less, in small holes all over: those nearest to the points of a grid, and farther
 * than the tolerance of F from the outline, as in chapter 3.
 */
function perforated({ truth, width, height, tolerance }, missing) {
  const spacing = Math.max(2, Math.round(height / 34));
  const near = (at) => Math.min(at, spacing - at); // to the grid, along one axis
  const fromGrid = (i) => Math.hypot(...[i % width, Math.floor(i / width)].map(
    (at) => near((at + spacing - (spacing >> 1)) % spacing)));
  const inside = invert(dilate(invert(truth), width, height, tolerance));
  const candidates = [...inside.keys()].filter((i) => inside[i]).map((i) => [fromGrid(i), i]);
  candidates.sort(([a, i], [b, j]) => a - b || i - j);
  const mask = truth.slice();
  for (const [, i] of candidates.slice(0, missing)) mask[i] = 0;
  return mask;
}

const invert = (mask) => mask.map((value) => 1 - value);

/** Masks to try, each made from the ground truth: [button's text, function that gives the mask]. */
export function presets(prepared) {
  const { truth, width, height } = prepared;
  const shifted = (by) => truth.map((_, i) => (i % width >= by ? truth[i - by] : 0));
  const rows = truth.reduce(([top, bottom], value, i) => value
    ? [Math.min(top, Math.floor(i / width)), Math.floor(i / width)] : [top, bottom], [height, 0]);
  const last = rows[0] + 0.75 * (rows[1] + 1 - rows[0]);
  const cut = () => truth.map((value, i) => (Math.floor(i / width) < last ? value : 0));
  return [
    ["Clear", () => truth.map(() => 0)],
    ["Fill all", () => truth.map(() => 1)],
    ["Ground truth", () => truth.slice()],
    ["Shifted 4 px", () => shifted(4)],
    ["Shifted 12 px", () => shifted(12)],
    ["Dilated 3 px", () => dilate(truth, width, height, 3)],
    ["Eroded 3 px", () => invert(dilate(invert(truth), width, height, 3))],
    ["Lowest quarter cut off", cut],
    ["As many pixels, in small holes", () => perforated(prepared, count(truth) - count(cut()))],
  ];
}
