// Region similarity J and contour accuracy F, line for line as in vostut/metrics (chapter 3 of the book).
// A mask is a Uint8Array of height * width zeros and ones, row after row.

/** J: intersection over union; 1 if both masks are empty. Also returns the two counts. */
export function regionSimilarity(mask, truth) {
  let intersection = 0, union = 0;
  for (let i = 0; i < mask.length; i++) {
    intersection += mask[i] & truth[i];
    union += mask[i] | truth[i];
  }
  return { J: union === 0 ? 1 : intersection / union, intersection, union };
}

/** Pixels that differ from their right, lower or lower right neighbour; the image's border is no contour. */
export function contour(mask, width, height) {
  const edges = new Uint8Array(mask.length);
  for (let y = 0, i = 0; y < height; y++) {
    const down = y + 1 < height ? width : 0; // no neighbour: compare the pixel with itself
    for (let x = 0; x < width; x++, i++) {
      const right = x + 1 < width ? 1 : 0;
      const both = right && down ? down + right : 0;
      edges[i] = (mask[i] ^ mask[i + right]) | (mask[i] ^ mask[i + down]) | (mask[i] ^ mask[i + both]);
    }
  }
  return edges;
}

/** All pixels within `radius` (Euclidean, inclusive) of a pixel of the mask. Exact, whatever the radius. */
export function dilate(mask, width, height, radius) {
  // First along columns: how far is the next mask pixel above or below? Beyond the radius is all the same.
  const far = radius + 1;
  const distance = new Uint16Array(mask.length).fill(far);
  for (let i = 0; i < mask.length; i++) {
    distance[i] = mask[i] ? 0 : i < width ? far : Math.min(far, distance[i - width] + 1);
  }
  for (let i = mask.length - width - 1; i >= 0; i--) {
    distance[i] = Math.min(distance[i], distance[i + width] + 1);
  }
  // Then along rows: a pixel with vertical distance d covers the pixels up to sqrt(r^2 - d^2) beside it.
  const reach = Array.from({ length: far }, (_, d) => Math.floor(Math.sqrt(radius * radius - d * d)));
  const grown = new Uint8Array(mask.length);
  for (let row = 0; row < mask.length; row += width) {
    for (let i = row, covered = -1; i < row + width; i++) {
      if (distance[i] < far) covered = Math.max(covered, i + reach[distance[i]]);
      if (i <= covered) grown[i] = 1;
    }
    for (let i = row + width - 1, covered = mask.length; i >= row; i--) {
      if (distance[i] < far) covered = Math.min(covered, i - reach[distance[i]]);
      if (i >= covered) grown[i] = 1;
    }
  }
  return grown;
}

/** The number of pixels set in a mask, or in both of two masks. */
export function count(mask, other = mask) {
  let n = 0;
  for (let i = 0; i < mask.length; i++) n += mask[i] & other[i];
  return n;
}

/** Everything about the ground truth that does not change while somebody paints. */
export function prepareTruth(truth, width, height, tolerance) {
  const edges = contour(truth, width, height);
  return { truth, width, height, tolerance, edges, band: dilate(edges, width, height, tolerance), n: count(edges) };
}

/** J, F, P and R of a mask, with the counts and the contours behind them. */
export function compare(mask, prepared) {
  const { truth, width, height, tolerance } = prepared;
  const region = regionSimilarity(mask, truth);
  const edges = contour(mask, width, height);
  const band = dilate(edges, width, height, tolerance);
  const n = count(edges);
  const matched = count(edges, prepared.band), found = count(prepared.edges, band);
  // Without any contour: both lack one, (1, 1); only the prediction, (1, 0); only the ground truth, (0, 1).
  const none = n === 0 || prepared.n === 0;
  const P = none ? Number(n === 0) : matched / n;
  const R = none ? Number(prepared.n === 0) : found / prepared.n;
  const F = P + R === 0 ? 0 : (2 * P * R) / (P + R);
  return { ...region, F, P, R, edges, band, n, matched, found };
}
