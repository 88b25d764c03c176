// What a reader takes home: masks in a zip that `vostut evaluate` takes, and the clip with the object tinted.

import { outline, rgba, strokeOutline, tinted } from "../../../vostut/plot/static/common.js";
import { animated, pngOf, zipOf } from "./pack.js";

/** Hand a file to the reader's downloads. */
export function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The masks of a clip as <clip>/<frame>.png in a zip. */
export async function maskZip({ name, stems, width, height }, masks) {
  const files = [];
  for (const [t, mask] of masks.entries()) files.push([`${name}/${stems[t]}.png`, await pngOf(mask, width, height)]);
  return new Blob([zipOf(files)], { type: "application/zip" });
}

/** The clip with its masks as an animation, twice as large; `tell(done, of)` follows. */
export async function overlayFilm({ urls, width, height, fps }, masks, colour, tell) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  const context = canvas.getContext("2d", { alpha: false }), pictures = [];
  context.scale(2, 2);
  const images = urls.slice(0, masks.length).map((src) => Object.assign(new Image(), { src }));
  await Promise.all(images.map((image) => image.decode())); // from here on another clip may take this one's place
  for (const [t, mask] of masks.entries()) {
    context.drawImage(images[t], 0, 0, width, height);
    context.drawImage(tinted(mask, width, height, [null, rgba(colour, 0.42)]), 0, 0);
    strokeOutline(context, outline(mask, width, height), colour, 2, 2);
    const picture = await new Promise((done) => canvas.toBlob(done, "image/webp", 0.85));
    if (picture.type !== "image/webp") throw new Error("This browser writes no WebP, in which the animation would be: take the masks instead.");
    pictures.push(new Uint8Array(await picture.arrayBuffer()));
    tell(t + 1, masks.length);
  }
  return new Blob([animated(pictures, canvas.width, canvas.height, Math.round(1000 / fps))], { type: "image/webp" });
}
