// What becomes a file: masks as grey PNGs of 0 and 255 in a zip, which holds them without further compression, and
// pictures one after the other as an animation.

import { encodeRuns } from "../../../vostut/plot/static/history.js";

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** The checksum of PNG and of zip. */
export function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whole numbers of 2 or 4 bytes each: pairs [value, bytes]; the low byte first, or last with `big`. */
function numbers(pairs, big = false) {
  const view = new DataView(new ArrayBuffer(pairs.reduce((sum, [, size]) => sum + size, 0)));
  let at = 0;
  for (const [value, size] of pairs) {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, !big);
    else view.setUint32(at, value, !big);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A mask as a PNG: 0 outside the object, 255 in it. */
export async function pngOf(mask, width, height) {
  const lines = new Uint8Array(height * (width + 1)); // each line begins with the number of its filter: none
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) lines[y * (width + 1) + 1 + x] = mask[y * width + x] ? 255 : 0;
  }
  const chunk = (name, data) => {
    const body = joined([new TextEncoder().encode(name), data]);
    return joined([numbers([[data.length, 4]], true), body, numbers([[crc32(body), 4]], true)]);
  };
  const head = numbers([[width, 4], [height, 4], [8, 1], [0, 1], [0, 1], [0, 1], [0, 1]], true); // 8 bits, grey
  return joined([new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head),
    chunk("IDAT", await deflated(lines)), chunk("IEND", new Uint8Array(0))]);
}

/** A zip of [name, bytes] pairs, stored as they are. */
export function zipOf(files) {
  const bodies = [], entries = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const title = new TextEncoder().encode(name);
    const about = [[20, 2], [0x800, 2], [0, 2], [0, 2], [33, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4],
      [title.length, 2], [0, 2]]; // version, names in UTF-8, stored, 1 January 1980, checksum, sizes
    bodies.push(numbers([[0x04034b50, 4], ...about]), title, bytes);
    entries.push(numbers([[0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]), title);
    at += 30 + title.length + bytes.length;
  }
  const size = entries.reduce((sum, part) => sum + part.length, 0);
  return joined([...bodies, ...entries,
    numbers([[0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [at, 4], [0, 2]])]);
}

/** Pictures of one size, WebP files each, as one WebP file that shows each for so many milliseconds, again and again. */
export function animated(pictures, width, height, milliseconds) {
  const letters = (text) => new TextEncoder().encode(text);
  const chunk = (name, ...parts) => {
    const data = joined(parts);
    return joined([letters(name), numbers([[data.length, 4]]), data, new Uint8Array(data.length % 2)]);
  };
  const three = (...values) => numbers(values.flatMap((value) => [[value & 0xffff, 2], [value >> 16, 1]]));
  const frames = pictures.map((picture) => chunk("ANMF", three(0, 0, width - 1, height - 1, milliseconds),
    Uint8Array.of(2), imageIn(picture))); // 2: it replaces the picture before
  const about = chunk("VP8X", Uint8Array.of(2, 0, 0, 0), three(width - 1, height - 1)); // 2: it is animated
  const body = joined([letters("WEBP"), about, chunk("ANIM", new Uint8Array(6)), ...frames]);
  return joined([letters("RIFF"), numbers([[body.length, 4]]), body]);
}

/** The part of a WebP file that is the image itself. */
function imageIn(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; at < file.length;) {
    const name = String.fromCharCode(...file.subarray(at, at + 4)), size = 8 + view.getUint32(at + 4, true);
    if (name === "VP8 " || name === "VP8L") return file.subarray(at, at + size + (size % 2));
    at += size + (size % 2);
  }
  throw new Error("a WebP file without an image");
}

/** A mask as base64 of its runs, as vostut/plot/embed.py writes it and the player reads it. */
export function runsAsText(mask) {
  let text = "";
  for (const byte of encodeRuns(mask)) text += String.fromCharCode(byte);
  return btoa(text);
}
