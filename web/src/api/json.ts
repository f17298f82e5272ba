/** `value` as a JSON object, or `null` if it is something else. */
export function asRecord(value: unknown): Record<string, unknown> | null {
  // Every object of JSON has string keys; what is in them is still unknown.
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** The JSON objects in `value`, if it is a list; whatever else is in it is left out. */
export function asRecords(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.map(asRecord).filter((record) => record !== null);
}
