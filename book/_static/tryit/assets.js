// What the page loads after a click. From a server the pieces are fetched as bytes; in a folder of files a browser
// allows scripts alone, so there each piece is a script that calls vostutAsset with the same bytes as text.

const arrivals = new Map(); // what to do with a piece that is a script, by its name

globalThis.vostutAsset = (name, text) => {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  arrivals.get(name)?.(bytes);
};

async function fetchedPiece(address) {
  const answer = await fetch(`${address}.bin`);
  if (!answer.ok) throw new Error("missing");
  return new Uint8Array(await answer.arrayBuffer());
}

function scriptedPiece(address, name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    arrivals.set(name, resolve);
    script.src = `${address}.js`;
    script.onload = () => { arrivals.delete(name); script.remove(); };
    script.onerror = () => reject(new Error("missing"));
    document.head.append(script);
  });
}

/** A piece's bytes, unpacked; `missing` is what to say if it is not there. */
export async function loadPiece(folder, name, missing) {
  const inFolder = location.protocol === "file:";
  const packed = await (inFolder ? scriptedPiece(folder + name, name) : fetchedPiece(folder + name))
    .catch(() => { throw new Error(missing); });
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
