/** The types of events in a text, between spaces or commas; null where there are none. */
export function typesIn(text: string | undefined): string[] | null {
  const types = (text ?? "").split(/[\s,]+/).filter(Boolean);
  return types.length === 0 ? null : types;
}
