// From what a reader has to a clip: { name, height, width, fps, frames, urls, stems, note }, where a frame is a
// Uint8Array of 3 x H x W and its URL a picture to show. The browser decodes, and turns phone clips upright.

export const MOST_FRAMES = 60;
export const LINES = 240; // of the shorter side
const RATE = 12; // frames a second that are taken from a video
const PATIENCE = 60_000; // milliseconds for one of them

/** The size at which a picture is worked on: its shorter side has 240 pixels, or fewer if it is smaller. */
export function fitted(width, height) {
  const factor = Math.min(1, LINES / Math.min(width, height));
  return [Math.round(width * factor), Math.round(height * factor)];
}

/** Red, green and blue one after the other, from a canvas's pixels. */
export function planesOf(pixels) {
  const n = pixels.length / 4, planes = new Uint8Array(3 * n);
  for (let i = 0; i < n; i++) {
    planes[i] = pixels[4 * i];
    planes[n + i] = pixels[4 * i + 1];
    planes[2 * n + i] = pixels[4 * i + 2];
  }
  return planes;
}

/** When to take the frames of a video so many seconds long, and what to say if that is not all of it. */
export function momentsOf(seconds) {
  const there = Math.max(1, Math.floor(seconds * RATE)), count = Math.min(there, MOST_FRAMES);
  const note = there > MOST_FRAMES
    ? `The clip is ${seconds.toFixed(1)} seconds long, and this page takes its first ${MOST_FRAMES / RATE}: `
      + `${MOST_FRAMES} frames, ${RATE} a second.`
    : "";
  return { moments: Array.from({ length: count }, (_, i) => Math.min((i + 0.5) / RATE, seconds)), note };
}

function painter(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  return async (picture, address) => {
    context.drawImage(picture, 0, 0, width, height);
    const frame = planesOf(context.getImageData(0, 0, width, height).data);
    if (address) return { frame, url: address };
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return { frame, url: URL.createObjectURL(blob) };
  };
}

const happens = (target, good, bad = "error") => new Promise((resolve, reject) => {
  target.addEventListener(good, resolve, { once: true });
  target.addEventListener(bad, () => reject(new Error(bad)), { once: true });
  setTimeout(() => reject(new Error("nothing happened")), PATIENCE);
});

/** One of the book's cutouts, whose true masks are known. */
export async function clipFromCutout({ name, fps, width, height, stems, frames, masks }, decode) {
  const paint = painter(width, height), shown = [];
  for (const text of frames) {
    const image = Object.assign(new Image(), { src: `data:image/jpeg;base64,${text}` });
    await image.decode();
    shown.push(await paint(image, image.src));
  }
  const truth = masks.map((runs) => decode(runs, width * height));
  return { name, fps, width, height, stems, truth, frames: shown.map((s) => s.frame), urls: shown.map((s) => s.url), note: "" };
}

async function openVideo(file) {
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, preload: "auto" });
  video.src = URL.createObjectURL(file);
  try {
    await happens(video, "loadeddata");
  } catch {
    throw new Error(`${file.name} is no video that this browser can play: try an MP4 (H.264) or a WebM, or a folder of pictures.`);
  }
  if (!video.videoWidth) throw new Error(`${file.name} has sound and no pictures: choose a video.`);
  if (!Number.isFinite(video.duration)) { // as in recordings: the length is known once the end was looked for
    video.currentTime = 1e6;
    await happens(video, "seeked");
    video.currentTime = 0;
    await happens(video, "seeked");
  }
  return video;
}

/** A video file: at most 60 frames of its first five seconds. `tell(done, of)` follows. */
export async function clipFromVideo(file, tell = () => {}) {
  const video = await openVideo(file);
  const [width, height] = fitted(video.videoWidth, video.videoHeight), paint = painter(width, height), shown = [];
  const { moments, note } = momentsOf(video.duration);
  for (const moment of moments) {
    const ready = happens(video, "seeked");
    video.currentTime = moment;
    if (!await ready.then(() => true, () => false)) break;
    shown.push(await paint(video));
    tell(shown.length, moments.length);
  }
  URL.revokeObjectURL(video.src);
  const torn = shown.length < moments.length ? `The video breaks off after ${shown.length} frames, and these are taken.` : "";
  return whole(file.name.replace(/\.[^.]*$/, ""), shown, width, height, RATE, shown.map((_, t) => String(t).padStart(5, "0")), torn || note);
}

/** Pictures of one size, in the order of their names. */
export async function clipFromPictures(files, tell = () => {}) {
  const sorted = [...files].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const chosen = sorted.slice(0, MOST_FRAMES), shown = [];
  let size = null, paint = null;
  for (const file of chosen) {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
      throw new Error(`${file.name} is no picture that this browser can read: try JPEG or PNG.`);
    });
    size ??= [picture.width, picture.height];
    if (picture.width !== size[0] || picture.height !== size[1]) {
      throw new Error(`${file.name} is ${picture.width} x ${picture.height} pixels, the first picture ${size.join(" x ")}: `
        + "all pictures of a clip must have one size.");
    }
    paint ??= painter(...fitted(...size));
    shown.push(await paint(picture));
    picture.close();
    tell(shown.length, chosen.length);
  }
  const note = sorted.length > MOST_FRAMES
    ? `There are ${sorted.length} pictures, and this page takes the first ${MOST_FRAMES}.` : "";
  return whole(chosen[0].folder ?? "clip", shown, ...fitted(...size), RATE, chosen.map((file) => file.name.replace(/\.[^.]*$/, "")), note);
}

function whole(name, shown, width, height, fps, stems, note) {
  const safe = name.replace(/[^\w-]+/g, "-") || "clip";
  if (shown.length < 2) throw new Error(`${safe} has ${shown.length ? "one frame" : "no frame"} that can be read: a clip needs two or more.`);
  return { name: safe, width, height, fps, stems, note, truth: null, frames: shown.map((s) => s.frame), urls: shown.map((s) => s.url) };
}

/** Any files that a reader gives: one video, or pictures. */
export function clipFromFiles(files, tell) {
  const visible = files.filter((file) => !file.name.startsWith("."));
  const pictures = visible.filter((file) => file.type.startsWith("image/"));
  const video = visible.find((file) => file.type.startsWith("video/"));
  if (video) return clipFromVideo(video, tell);
  if (pictures.length) return clipFromPictures(pictures, tell);
  const name = files.length === 1 ? files[0].name : "What you gave";
  throw new Error(`${name} is neither a video nor a folder of pictures.`);
}

/** All files that were dropped, those in dropped folders, too; these remember the name of their folder. */
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file"); // once we wait for something, it is empty
  const dropped = items.map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]), files = [];
  async function collect(folder) {
    const reader = folder.createReader();
    for (;;) { // a folder hands out its content in portions
      const portion = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!portion.length) return;
      for (const entry of portion) {
        if (entry.isDirectory) await collect(entry);
        else files.push(Object.assign(await new Promise((done, fail) => entry.file(done, fail)), { folder: folder.name }));
      }
    }
  }
  for (const [entry, file] of dropped) {
    if (!entry?.isDirectory) files.push(file);
    else await collect(entry).catch(() => {
      throw new Error(`This browser does not let the page look into ${entry.name}: drop the pictures themselves.`);
    });
  }
  return files;
}

/** Let the browser forget the pictures of a clip. */
export const release = ({ urls }) => urls.forEach((url) => URL.revokeObjectURL(url));

/** What is wrong with a mask to begin with, zeros and ones, in a sentence; "" if nothing is. */
export function troubleWith(mask) {
  const marked = mask.reduce((sum, one) => sum + one, 0);
  if (!marked) return "Nothing is marked yet: paint over the object first.";
  if (marked === mask.length) return "Everything is marked: leave out what is not the object, for that has to be learned, too.";
  return "";
}
