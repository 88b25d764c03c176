// Everything slow happens here, beside the page: the engine, the networks, the training. The page sends
// { engine: { code, wasm }, networks: { osvos, heads, masktrack } } as they arrive, { start: clip, method }, { stop }.

import { masktrack } from "./masktrack.js";
import { osvos } from "./osvos.js";

const METHODS = { osvos, masktrack };
const sessions = new Map(); // a network, ready to run, by method
let engine = null, recipe = null, stopped = false;

/** A pause in which the message that says stop can come in. */
const breathe = () => new Promise((go) => setTimeout(go));

async function startEngine({ code, wasm }) {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  engine = await import(address);
  engine.env.wasm.wasmBinary = wasm;
  engine.env.wasm.numThreads = 1; // more would need headers that a folder of files cannot send
  engine.env.logLevel = "error";
}

/** A function from the input of a network to its outputs: [{ data, dims }, ...]. */
function runner(session) {
  return async (input, height, width) => {
    const image = new engine.Tensor("float32", input, [1, input.length / (height * width), height, width]);
    const given = await session.run({ image });
    const outputs = session.outputNames.map((name) => ({ data: given[name].data, dims: given[name].dims }));
    image.dispose();
    return outputs;
  };
}

async function segment({ method, clip, network, heads, engine: parts }) {
  stopped = false;
  if (!engine) await startEngine(parts);
  if (heads) recipe = heads;
  if (!sessions.has(method)) {
    sessions.set(method, await engine.InferenceSession.create(new Uint8Array(network), { executionProviders: ["wasm"] }));
  }
  postMessage({ stage: "ready" });
  const begun = performance.now();
  for await (const event of METHODS[method](runner(sessions.get(method)), recipe, clip)) {
    postMessage({ ...event, seconds: (performance.now() - begun) / 1000 });
    await breathe();
    if (stopped) break;
  }
  postMessage({ stage: "end", stopped, seconds: (performance.now() - begun) / 1000 });
}

self.onmessage = async ({ data }) => {
  if (data.stop) stopped = true;
  else await segment(data).catch((error) => postMessage({ stage: "error", text: String(error.message ?? error) }));
};
