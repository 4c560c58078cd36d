/** Changes to JSON, as RFC 7396 (JSON Merge Patch) has them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `target` with the members of `changes` in place of its own, object by object; null removes one, arrays are replaced. */
export function mergeJson(target: Json | undefined, changes: Json): Json {
  if (!isObject(changes)) return changes;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergeJson(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
