// OSVOS in the page: features once, heads trained on frame 0, then every frame on its own. `run(input, H, W)` is the
// backbone; everything else is in sight here. What happens is handed out event by event.

import { forward, lossAndGradient, makeAdam } from "./head.js";
import { variantsOf } from "./variants.js";

const SHOWN = 4; // steps between two pictures of frame 0

/** A frame's bytes as the network's input: red, green and blue between 0 and 1. */
export const asInput = (frame) => Float32Array.from(frame, (value) => value / 255);

/** A stage's features, C x h x w, with a border of zeros around each channel. */
export function bordered(data, [, channels, height, width], stride) {
  const line = width + 2, n = (height + 2) * line, wide = new Float32Array(channels * n);
  for (let row = 0; row < channels * height; row++) {
    const c = Math.floor(row / height), y = row % height;
    wide.set(data.subarray(row * width, (row + 1) * width), c * n + (y + 1) * line + 1);
  }
  return { data: wide, channels, height, width, stride };
}

/** The parent's heads from their file: weights of all stages one after the other. */
export function readHeads({ channels, weights, bias }) {
  const bytes = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
  const all = new Float32Array(bytes.buffer);
  let at = 0;
  return { weights: channels.map((c) => all.slice(at, (at += 9 * c))), bias };
}

/** Each logit's probability as a byte, 0 to 255. */
const probabilities = (logit) => Uint8Array.from(logit, (z) => Math.round(255 / (1 + Math.exp(-z))));

/**
 * Segment a clip: { frames, mask, height, width }.
 * Gives { stage: "features" | "step" | "frame" } events; those of "frame" hold the mask of frame t.
 */
export async function* osvos(run, recipe, { frames, mask, height, width }) {
  const heads = readHeads(recipe), learn = makeAdam(heads);
  const featuresOf = async (frame) => (await run(asInput(frame), height, width)).map(
    ({ data, dims }, s) => bordered(data, dims, recipe.strides[s]));

  const samples = [], pairs = variantsOf({ frame: frames[0], mask, height, width }, recipe.zooms);
  for (const pair of pairs) {
    samples.push({ features: await featuresOf(pair.frame), mask: pair.mask });
    yield { stage: "features", done: samples.length, of: pairs.length };
  }
  // begin: the steps
  for (let step = 0; step < recipe.steps; step++) {
    const gradient = lossAndGradient(heads, samples[step % samples.length], height, width);
    learn(gradient, recipe.rate * (1 - step / recipe.steps) ** 0.9);
    const shown = step % SHOWN === SHOWN - 1 || step === recipe.steps - 1;
    const picture = shown ? probabilities(forward(heads, samples[0].features, height, width)) : null;
    yield { stage: "step", done: step + 1, of: recipe.steps, loss: gradient.loss, picture };
  }
  // end
  yield { stage: "frame", t: 0, mask };
  const least = Math.log(recipe.threshold / (1 - recipe.threshold)); // the logit at the threshold
  for (let t = 1; t < frames.length; t++) {
    const logit = forward(heads, await featuresOf(frames[t]), height, width);
    yield { stage: "frame", t, mask: Uint8Array.from(logit, (z) => Number(z > least)) };
  }
}
