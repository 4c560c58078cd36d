/** The intersection over union of two lists of peaks, as AV-Align and AA-Align compute it. */

/**
 * hits / (|found| + |reference| − hits), where `hits` counts the found peaks that lie less than `window` seconds from some
 * reference peak. One reference peak serves any number of found ones, so the value is no intersection over union: it can
 * exceed 1.
 *
 * @param found seconds
 * @param reference seconds
 * @returns null where both are empty: the published code divides by zero
 */
export function peakIntersection(
  found: readonly number[],
  reference: readonly number[],
  window: number,
): number | null {
  if (found.length + reference.length === 0) return null;
  const hits = found.filter((peak) => reference.some((at) => at - window < peak && peak < at + window)).length;
  return hits / (found.length + reference.length - hits);
}
