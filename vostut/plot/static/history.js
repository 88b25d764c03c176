// Undo and redo for masks of any size: each state is kept as runs, which take little room.

import { readRuns } from "./common.js";

/** The runs of a mask: for each, one byte with its id and its length as a base-128 number, as `readRuns` takes them. */
export function encodeRuns(ids) {
  let bytes = new Uint8Array(1024), at = 0;
  for (let i = 0; i < ids.length; ) {
    const id = ids[i], begin = i;
    while (i < ids.length && ids[i] === id) i++;
    if (at + 6 > bytes.length) { // a length has five digits at most
      const more = new Uint8Array(2 * bytes.length);
      more.set(bytes);
      bytes = more;
    }
    bytes[at++] = id;
    let length = i - begin;
    for (; length > 127; length >>>= 7) bytes[at++] = (length & 127) | 128;
    bytes[at++] = length;
  }
  return bytes.slice(0, at);
}

/** The states of a mask, of which `most` can be brought back. */
export function makeHistory(ids, most = 200) {
  const states = [encodeRuns(ids)];
  let at = 0;
  const now = () => readRuns(states[at], ids.length);
  return {
    /** The mask as it was last remembered. */
    now,
    remember(next) {
      states.splice(at + 1, states.length, encodeRuns(next));
      if (states.length > most + 1) states.shift();
      at = states.length - 1;
    },
    undo() { at = Math.max(0, at - 1); return now(); },
    redo() { at = Math.min(states.length - 1, at + 1); return now(); },
    get canUndo() { return at > 0; },
    get canRedo() { return at + 1 < states.length; },
  };
}
