// The pure modules of the page "Try it", in Node. Values that Python computed come in the file that VOSTUT_CASES names.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const home = new URL("../../book/_static/tryit/", import.meta.url);
const load = (name) => import(new URL(name, home));
const cases = JSON.parse(readFileSync(process.env.VOSTUT_CASES, "utf8"));
const close = (ours, theirs, within) => {
  assert.equal(ours.length, theirs.length);
  ours.forEach((value, i) => assert.ok(Math.abs(value - theirs[i]) <= within, `${i}: ${value} instead of ${theirs[i]}`));
};

async function headsOf({ channels, weights, bias }) {
  let at = 0;
  return { weights: channels.map((c) => Float32Array.from(weights.slice(at, (at += 9 * c)))), bias };
}
async function featuresOf({ features, shapes, strides }) {
  const { bordered } = await load("osvos.js");
  return features.map((data, s) => bordered(Float32Array.from(data), shapes[s], strides[s]));
}

test("logit, loss and gradient are PyTorch's", async () => {
  const { forward, lossAndGradient } = await load("head.js");
  const c = cases.heads, heads = await headsOf(c), features = await featuresOf(c);
  close([...forward(heads, features, c.height, c.width)], c.logit, 2e-5);
  const found = lossAndGradient(heads, { features, mask: Uint8Array.from(c.mask) }, c.height, c.width);
  close([found.loss, found.bias], [c.loss, c.biasGradient], 1e-6);
  close(found.weights.flatMap((w) => [...w]), c.gradient, 1e-6);
});

test("twenty steps of training arrive where PyTorch's arrive", async () => {
  const { lossAndGradient, makeAdam } = await load("head.js");
  const c = cases.heads, heads = await headsOf(c), learn = makeAdam(heads);
  const sample = { features: await featuresOf(c), mask: Uint8Array.from(c.mask) }, losses = [];
  for (let step = 0; step < c.losses.length; step++) {
    const gradient = lossAndGradient(heads, sample, c.height, c.width);
    losses.push(gradient.loss);
    learn(gradient, c.rate * (1 - step / c.losses.length) ** 0.9);
  }
  close(losses, c.losses, 1e-4);
  assert.ok(losses.at(-1) < losses[0]);
});

test("variants are OpenCV's, but for rounding", async () => {
  const { variantsOf } = await load("variants.js");
  const { height, width, frame, mask, zooms, frames, masks } = cases.variants;
  const found = variantsOf({ frame: Uint8Array.from(frame), mask: Uint8Array.from(mask), height, width }, zooms);
  assert.equal(found.length, 2 * zooms.length);
  found.forEach((pair, k) => {
    close([...pair.frame], frames[k], 4); // OpenCV interpolates in steps of 1/32
    const differ = pair.mask.reduce((sum, one, i) => sum + Number(one !== masks[k][i]), 0);
    assert.ok(differ <= 0.01 * mask.length, `${differ} pixels of mask ${k}`);
  });
});

test("masks from which nothing can be learned are refused", async () => {
  const { troubleWith } = await load("clip.js");
  assert.match(troubleWith(new Uint8Array(9)), /Nothing is marked/);
  assert.match(troubleWith(new Uint8Array(9).fill(1)), /Everything is marked/);
  assert.equal(troubleWith(Uint8Array.of(0, 1, 0)), "");
});

test("runs are written as Python writes them", async () => {
  const { runsAsText } = await load("pack.js");
  for (const { mask, runs } of cases.runs) assert.equal(runsAsText(Uint8Array.from(mask)), runs);
});

test("a zip of masks", async () => {
  const { crc32, pngOf, zipOf } = await load("pack.js");
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  const { width, height, masks } = cases.zip;
  const files = [];
  for (const [t, mask] of masks.entries()) files.push([`clip/0000${t}.png`, await pngOf(Uint8Array.from(mask), width, height)]);
  const { writeFileSync } = await import("node:fs");
  writeFileSync(cases.zip.path, zipOf(files));
});

test("a clip has at most sixty frames, and a phone's stays upright", async () => {
  const { fitted, momentsOf, planesOf } = await load("clip.js");
  assert.deepEqual(fitted(1080, 1920), [240, 427]);
  assert.deepEqual(fitted(320, 200), [320, 200]);
  const long = momentsOf(61), short = momentsOf(2);
  assert.equal(long.moments.length, 60);
  assert.match(long.note, /61.0 seconds long, and this page takes its first 5/);
  assert.equal(short.moments.length, 24);
  assert.equal(short.note, "");
  assert.ok(short.moments.every((moment) => moment < 2));
  assert.deepEqual([...planesOf([1, 2, 3, 255, 4, 5, 6, 255])], [1, 4, 2, 5, 3, 6]);
});
