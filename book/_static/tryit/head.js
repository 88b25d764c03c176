// The heads of OSVOS, trained in the page: logistic regression on features that a network computed once.
//
// A stage's features are { data, channels, height, width, stride }, with a border of zeros one pixel wide around
// every channel, so that a 3 x 3 window never looks outside. Heads are { weights: [Float32Array(9 C)], bias }.

import { addUpsampled, gatherBack } from "./upsample.js";

/** Where the nine taps of a window lie, seen from its centre, in a map `line` pixels wide. */
const taps = (line) => [-line - 1, -line, -line + 1, -1, 0, 1, line - 1, line, line + 1];

// begin: the lesson of the page "Try it"
/** The logit of every pixel: a 3 x 3 convolution for each stage, upsampled and added up. */
export function forward({ weights, bias }, features, H, W) {
  const logit = new Float32Array(H * W).fill(bias);
  features.forEach((stage, s) => {
    const { data } = stage, line = stage.width + 2, n = (stage.height + 2) * line;
    const vote = new Float32Array(n);
    for (let c = 0; c < stage.channels; c++) {
      taps(line).forEach((tap, k) => {
        const weight = weights[s][9 * c + k], from = c * n + tap;
        for (let i = line + 1; i < n - line - 1; i++) vote[i] += weight * data[from + i];
      });
    }
    addUpsampled(vote, stage, logit, H, W);
  });
  return logit;
}

/** The class-balanced cross-entropy, and its gradient for every weight and the bias. */
export function lossAndGradient(heads, { features, mask }, H, W) {
  const logit = forward(heads, features, H, W), pull = new Float32Array(H * W);
  const share = mask.reduce((sum, one) => sum + one, 0) / mask.length; // of the object
  let loss = 0, bias = 0;
  for (let i = 0; i < logit.length; i++) {
    const balance = (mask[i] ? 1 - share : share) / mask.length;
    const z = mask[i] ? -logit[i] : logit[i];
    loss += balance * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))); // softplus
    pull[i] = balance * (1 / (1 + Math.exp(-logit[i])) - mask[i]); // probability - truth
    bias += pull[i];
  }
  const weights = features.map((stage) => {
    const { data } = stage, line = stage.width + 2, n = (stage.height + 2) * line;
    const back = gatherBack(pull, H, W, stage);
    const gradient = new Float32Array(9 * stage.channels);
    for (let c = 0; c < stage.channels; c++) {
      taps(line).forEach((tap, k) => {
        const from = c * n + tap;
        let sum = 0;
        for (let i = line + 1; i < n - line - 1; i++) sum += back[i] * data[from + i];
        gradient[9 * c + k] = sum;
      });
    }
    return gradient;
  });
  return { loss, weights, bias };
}

/** Adam: a step of about `rate` in each weight, against the mean of its gradients. */
export function makeAdam(heads) {
  const zeros = (n) => [new Float64Array(n), new Float64Array(n)];
  const moments = heads.weights.map((w) => zeros(w.length)), ofBias = zeros(1);
  let steps = 0;
  const move = ([mean, square], i, g, rate) => {
    mean[i] += 0.1 * (g - mean[i]);
    square[i] += 0.001 * (g * g - square[i]);
    const spread = Math.sqrt(square[i] / (1 - 0.999 ** steps)) + 1e-8;
    return (rate * mean[i]) / (1 - 0.9 ** steps) / spread;
  };
  return (gradient, rate) => {
    steps += 1;
    heads.weights.forEach((w, s) => {
      for (let i = 0; i < w.length; i++) {
        w[i] -= move(moments[s], i, gradient.weights[s][i], rate);
      }
    });
    heads.bias -= move(ofBias, 0, gradient.bias, rate);
  };
}
// end
