// MaskTrack in the page: the mask of the frame before, made a little too large, goes in with each frame.

import { dilate } from "../../../vostut/plot/static/scores.js";
import { asInput } from "./osvos.js";

const RADIUS = 5; // of the dilation, in pixels of 480 lines

/** Segment a clip: { frames, mask, height, width }, as osvos.js does; `run(input, H, W)` is the whole network. */
export async function* masktrack(run, recipe, { frames, mask, height, width }) {
  const n = height * width, radius = Math.ceil((RADIUS * height) / 480);
  let last = mask;
  yield { stage: "frame", t: 0, mask };
  for (let t = 1; t < frames.length; t++) {
    const input = new Float32Array(4 * n);
    input.set(asInput(frames[t]));
    input.set(dilate(last, width, height, radius), 3 * n);
    const [{ data }] = await run(input, height, width);
    last = Uint8Array.from(data, (z) => Number(z > 0));
    yield { stage: "frame", t, mask: last };
  }
}
