// What the marking of an object needs besides the book's tools. A mask is a Uint8Array of height * width zeros and ones.

/** The four corners of the box between two points. */
export const boxOf = ([x0, y0], [x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

/** What is wrong with a mask to begin with, in a sentence; "" if nothing is. */
export function troubleWith(mask) {
  const marked = mask.reduce((sum, one) => sum + one, 0);
  if (!marked) return "Nothing is marked yet: paint over the object first.";
  if (marked === mask.length) return "Everything is marked: leave out what is not the object, for that has to be learned, too.";
  return "";
}
