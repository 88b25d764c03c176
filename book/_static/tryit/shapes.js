// Shapes to mark an object by: an outline of points, and a box. A mask is a Uint8Array of height * width zeros and ones.

/** The mask with the inside of a polygon set: every pixel whose centre the polygon goes around. Points are [x, y]. */
export function fillPolygon(mask, width, height, points) {
  for (let y = 0; y < height; y++) {
    const crossings = [];
    points.forEach(([x0, y0], i) => {
      const [x1, y1] = points[(i + 1) % points.length];
      if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) * (x1 - x0)) / (y1 - y0));
    });
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k])), to = Math.min(width - 1, Math.floor(crossings[k + 1]));
      if (from <= to) mask.fill(1, y * width + from, y * width + to + 1);
    }
  }
  return mask;
}

/** The four corners of the box between two points. */
export const boxOf = ([x0, y0], [x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

/** What is wrong with a mask to begin with, in a sentence; "" if nothing is. */
export function troubleWith(mask) {
  const marked = mask.reduce((sum, one) => sum + one, 0);
  if (!marked) return "Nothing is marked yet: paint over the object first.";
  if (marked === mask.length) return "Everything is marked: leave out what is not the object, for that has to be learned, too.";
  return "";
}
