// The page of `vostut mark`: the marking tool, and what it says to the command that serves it.

import { h } from "./common.js";
import { encodeRuns } from "./history.js";
import { startMarker } from "./marker.js";

/** Say something to the command; gives its answer's text, or throws an Error with it. */
async function say(what, body = new Uint8Array()) {
  let answer;
  try {
    answer = await fetch(what, { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } });
  } catch {
    throw new Error("The command does not answer: it has ended, and nothing was saved. Start it again to mark anew.");
  }
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Called by the page. */
export function start(root) {
  const data = JSON.parse(root.querySelector(".vostut-data").textContent);
  let unsaved = false, over = false;
  // The command ends when its last page is closed, so it has to know of each.
  let name = "";
  function arrive() {
    name = crypto.randomUUID();
    if (!over) say("here", name).catch(() => {}); // saving will tell
  }
  arrive();
  window.addEventListener("pageshow", (event) => { if (event.persisted) arrive(); });
  window.addEventListener("pagehide", () => { if (!over) navigator.sendBeacon("left", name); });
  const tool = startMarker(root, data, () => { unsaved = true; tell(""); });
  const save = h("button", { type: "button", class: "v-play", onclick: send }, `Save ${data.out}`);
  const leave = h("button", { type: "button", onclick: cancel }, "Close without saving");
  const status = h("div", { class: "v-status", role: "status", tabindex: -1 });
  const bar = h("div", { class: "v-bar v-save" }, save, leave, status);
  root.append(bar);

  function tell(kind, ...words) {
    status.className = `v-status ${kind}`;
    status.replaceChildren(...words);
  }
  /** The command has ended: what is shown stays, and nothing works any more. */
  function end(...words) {
    over = true;
    unsaved = false;
    root.querySelector(".v-body").inert = true;
    save.remove();
    leave.remove();
    tell("v-good", ...words);
    status.focus();
  }
  async function send() {
    if (over || save.disabled) return;
    save.disabled = leave.disabled = true;
    try {
      const runs = encodeRuns(tool.mask());
      if (runs.length > data.most) throw new Error("Not saved: the mask has too many small pieces. Paint over them.");
      const { said, next } = JSON.parse(await say("save", runs));
      end(h("strong", {}, `Saved. ${said}.`), " The command has ended, and this tab can be closed. Next:", h("code", {}, next));
    } catch (error) {
      tell("v-bad", error.message);
    }
    save.disabled = leave.disabled = false;
  }
  async function cancel() {
    if (unsaved && !window.confirm("Close without saving what you have marked?")) return;
    try {
      await say("cancel");
      end("Nothing was saved. The command has ended, and this tab can be closed.");
    } catch (error) {
      tell("v-bad", error.message);
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}
