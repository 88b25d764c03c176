// Object ids as colours over a picture: each object tinted, with an edge that stays visible on any ground.

import { rgba } from "./common.js";

/** A colour as the 32 bits of a pixel: red in the lowest byte. */
const packed = ([red, green, blue, alpha]) => ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** Draws the ids of a mask on a canvas of its size; `colours` holds "#rrggbb" for each id. */
export function makeTinting(canvas, { width, height, colours }) {
  const context = canvas.getContext("2d");
  const halo = packed([255, 255, 255, 190]);
  const edges = colours.map((colour, id) => (id ? packed(rgba(colour, 1)) : halo));
  const fills = colours.map((colour, id) => (id ? packed(rgba(colour, 0.42)) : 0));

  /**
   * Draw what lies in `rectangle`, [left, top, right, bottom] inclusive, and as far around it as edges reach.
   * An edge is what differs from a pixel `reach` columns or rows away; `filled` says whether objects are tinted.
   */
  return (ids, reach, filled, [left, top, right, bottom] = [0, 0, width - 1, height - 1]) => {
    const x0 = Math.max(0, left - reach), x1 = Math.min(width - 1, right + reach);
    const y0 = Math.max(0, top - reach), y1 = Math.min(height - 1, bottom + reach);
    if (x0 > x1 || y0 > y1) return;
    const picture = new ImageData(x1 - x0 + 1, y1 - y0 + 1), pixels = new Uint32Array(picture.data.buffer);
    for (let y = y0, at = 0; y <= y1; y++) {
      const row = y * width, above = Math.max(y - reach, 0) * width, below = Math.min(y + reach, height - 1) * width;
      for (let x = x0; x <= x1; x++, at++) {
        const id = ids[row + x];
        const edge = ids[above + x] !== id || ids[below + x] !== id
          || ids[row + Math.max(x - reach, 0)] !== id || ids[row + Math.min(x + reach, width - 1)] !== id;
        pixels[at] = edge ? edges[id] : filled ? fills[id] : 0;
      }
    }
    context.putImageData(picture, x0, y0);
  };
}
