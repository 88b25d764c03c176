// What a reader takes home: masks in a zip that `vostut evaluate` takes, and a video with the object tinted.

import { outline, rgba, strokeOutline, tinted } from "../../../vostut/plot/static/common.js";
import { pngOf, zipOf } from "./pack.js";

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

/** A video of the clip with its masks, recorded while it plays once. */
export async function overlayVideo({ urls, width, height, fps }, masks, colour, tell) {
  const kinds = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
  const kind = kinds.find((one) => globalThis.MediaRecorder?.isTypeSupported(one));
  if (!kind) throw new Error("This browser records no videos: take the masks instead.");
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  const context = canvas.getContext("2d"), stream = canvas.captureStream(0), [track] = stream.getVideoTracks();
  const recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: 4e6 }), parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((done) => { recorder.onstop = done; });
  context.scale(2, 2);
  recorder.start();
  for (const [t, mask] of masks.entries()) {
    const image = Object.assign(new Image(), { src: urls[t] });
    await image.decode();
    context.drawImage(image, 0, 0, width, height);
    context.drawImage(tinted(mask, width, height, [null, rgba(colour, 0.42)]), 0, 0);
    strokeOutline(context, outline(mask, width, height), colour, 2, 2);
    track.requestFrame?.();
    tell(t + 1, masks.length);
    await new Promise((go) => setTimeout(go, 1000 / fps));
  }
  recorder.stop();
  await ended;
  return new Blob(parts, { type: kind.split(";")[0] });
}
