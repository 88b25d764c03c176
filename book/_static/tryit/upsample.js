// Bilinear upsampling by a whole factor, and its transpose. As PyTorch does it with align_corners=False, with what
// is too much cut off at the right and at the bottom.

/** For each of `size` fine places: the two coarse ones that it lies between, and how far it is towards the second. */
function between(size, stride, coarse) {
  const first = new Int32Array(size), second = new Int32Array(size), share = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const at = Math.max((i + 0.5) / stride - 0.5, 0);
    first[i] = Math.min(Math.floor(at), coarse - 1);
    second[i] = Math.min(first[i] + 1, coarse - 1);
    share[i] = at - first[i];
  }
  return { first, second, share };
}

/** Add a coarse map with a border of one pixel, (h + 2) x (w + 2), to a fine one, H x W. */
export function addUpsampled(coarse, { height, width, stride }, fine, H, W) {
  const rows = between(H, stride, height), columns = between(W, stride, width), line = width + 2;
  const wide = new Float32Array(height * W); // first along rows, then along columns
  for (let y = 0; y < height; y++) {
    const from = (y + 1) * line + 1;
    for (let x = 0; x < W; x++) {
      const a = coarse[from + columns.first[x]], b = coarse[from + columns.second[x]];
      wide[y * W + x] = a + (b - a) * columns.share[x];
    }
  }
  for (let y = 0; y < H; y++) {
    const above = rows.first[y] * W, below = rows.second[y] * W, share = rows.share[y];
    for (let x = 0; x < W; x++) fine[y * W + x] += wide[above + x] + (wide[below + x] - wide[above + x]) * share;
  }
}

/** The transpose: every fine pixel hands its value back to the four coarse ones that it came from. */
export function gatherBack(fine, H, W, { height, width, stride }) {
  const rows = between(H, stride, height), columns = between(W, stride, width), line = width + 2;
  const wide = new Float32Array(height * W), coarse = new Float32Array((height + 2) * line);
  for (let y = 0; y < H; y++) {
    const above = rows.first[y] * W, below = rows.second[y] * W, share = rows.share[y];
    for (let x = 0; x < W; x++) {
      const value = fine[y * W + x];
      wide[above + x] += value * (1 - share);
      wide[below + x] += value * share;
    }
  }
  for (let y = 0; y < height; y++) {
    const to = (y + 1) * line + 1;
    for (let x = 0; x < W; x++) {
      const value = wide[y * W + x];
      coarse[to + columns.first[x]] += value * (1 - columns.share[x]);
      coarse[to + columns.second[x]] += value * columns.share[x];
    }
  }
  return coarse;
}
