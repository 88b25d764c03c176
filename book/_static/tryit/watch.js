// What one sees while a method is at work: the frame, its mask as it comes, the loss as it falls.

import {
  fitCanvas, h, outline, rgba, strokeOutline, tinted,
} from "../../../vostut/plot/static/common.js";

/** A picture with a mask over it, and below it the curve of a loss: { element, curve, mask, soft, loss }. */
export function watchTool(clip, colour) {
  const { width, height } = clip;
  const canvas = h("canvas", { role: "img", "aria-label": `${clip.name}, as it is being segmented`, style: `aspect-ratio:${width}/${height}` });
  const curve = h("div", { class: "t-loss", hidden: true, role: "img" });
  const losses = [];
  let wanted = 0;

  function show(t, paint) {
    const mine = ++wanted, image = Object.assign(new Image(), { src: clip.urls[t] });
    image.decode().catch(() => {}).then(() => {
      if (mine !== wanted) return; // a later frame has overtaken this one
      const density = fitCanvas(canvas, width, height), context = canvas.getContext("2d"), scale = canvas.width / width;
      context.setTransform(scale, 0, 0, canvas.height / height, 0, 0);
      context.drawImage(image, 0, 0, width, height);
      paint(context, density, scale);
    });
  }

  return {
    element: h("div", { class: "v-body" }, h("div", { class: "v-stage" }, canvas), curve),
    curve,
    /** A frame and its finished mask. */
    mask: (t, mask) => show(t, (context, density, scale) => {
      context.drawImage(tinted(mask, width, height, [null, rgba(colour, 0.42)]), 0, 0);
      strokeOutline(context, outline(mask, width, height), colour, 1.6 * density, scale);
    }),
    /** Frame 0 and how likely each pixel is the object's, 0 to 255: the likelier, the stronger the tint. */
    soft: (probability) => {
      const palette = Array.from({ length: 256 }, (_, p) => rgba(colour, (0.8 * p) / 255));
      show(0, (context) => context.drawImage(tinted(probability, width, height, palette), 0, 0));
    },
    /** One more value of the loss, of so many that will come. */
    loss: (value, of) => {
      losses.push(value);
      curve.hidden = false;
      const high = Math.max(...losses), x = (i) => (600 * i) / (of - 1), y = (v) => 100 - (96 * v) / high;
      const path = losses.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
      curve.setAttribute("aria-label", `Loss after ${losses.length} steps: ${value.toFixed(3)}, at first ${losses[0].toFixed(3)}`);
      curve.innerHTML = `<svg viewBox="0 0 600 104" preserveAspectRatio="none" aria-hidden="true"><path d="${path}" stroke="${colour}"/></svg>
        <small>loss ${value.toFixed(4)} after step ${losses.length} of ${of}; at the top ${high.toFixed(3)}, at the bottom 0</small>`;
    },
  };
}
