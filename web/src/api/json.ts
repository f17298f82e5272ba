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

/** About how many signs a JSON value has. */
export function signs(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 4;
  return Object.values(value).reduce<number>((sum, part) => sum + 8 + signs(part), 2);
}
