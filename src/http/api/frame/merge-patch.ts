type Json = Record<string, unknown>;

/** Applies a merge patch. @see https://www.rfc-editor.org/rfc/rfc7396 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else if (value !== undefined) {
      const merged = mergePatch(Object.hasOwn(result, name) ? result[name] : undefined, value);
      // Not by assignment: the name may be `__proto__`.
      Object.defineProperty(result, name, {
        value: merged,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
