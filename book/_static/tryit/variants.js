// Frame 0 as it might have been: mirrored, and nearer or farther away. A frame is a Uint8Array of 3 x H x W (all reds,
// all greens, all blues), a mask one of H x W zeros and ones.

/** The mirror image of a frame or a mask. */
export function mirrored(planes, width) {
  const turned = new Uint8Array(planes.length);
  for (let row = 0; row < planes.length; row += width) {
    for (let x = 0; x < width; x++) turned[row + x] = planes[row + width - 1 - x];
  }
  return turned;
}

/** Beyond the border the picture goes on as its mirror image, without the border pixel twice. */
function reflected(at, size) {
  if (size === 1) return 0;
  const period = 2 * (size - 1), inside = ((at % period) + period) % period;
  return inside < size ? inside : period - inside;
}

/** One plane zoomed about its centre, with numbers between the whole ones. */
function zoomedPlane(plane, height, width, factor) {
  const fine = new Float32Array(plane.length);
  const source = (i, size) => (i - ((1 - factor) * (size - 1)) / 2) / factor;
  for (let y = 0; y < height; y++) {
    const v = source(y, height), top = Math.floor(v), down = v - top;
    const above = reflected(top, height) * width, below = reflected(top + 1, height) * width;
    for (let x = 0; x < width; x++) {
      const u = source(x, width), left = Math.floor(u), right = u - left;
      const a = reflected(left, width), b = reflected(left + 1, width);
      const high = plane[above + a] + (plane[above + b] - plane[above + a]) * right;
      const low = plane[below + a] + (plane[below + b] - plane[below + a]) * right;
      fine[y * width + x] = high + (low - high) * down;
    }
  }
  return fine;
}

/** A frame and its mask at a zoom: as Python's rotate_and_zoom without rotation. */
export function zoomed({ frame, mask, height, width }, factor) {
  const n = height * width, near = new Uint8Array(3 * n);
  for (let c = 0; c < 3; c++) {
    near.set(zoomedPlane(frame.subarray(c * n, (c + 1) * n), height, width, factor).map(Math.round), c * n);
  }
  return { frame: near, mask: Uint8Array.from(zoomedPlane(mask, height, width, factor), (cover) => Number(cover >= 0.5)) };
}

/** Frame 0 and its mask at each of the zooms, as they are and mirrored. */
export function variantsOf(still, zooms) {
  return zooms.flatMap((zoom) => {
    const near = zoom === 1 ? { frame: still.frame, mask: still.mask } : zoomed(still, zoom);
    return [near, { frame: mirrored(near.frame, still.width), mask: mirrored(near.mask, still.width) }];
  });
}
