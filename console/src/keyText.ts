// What an API key looks like, as far as a browser must know it.

const STRANGE = /[^A-Za-z0-9_-]/u;
const PRINTABLE = /^[\p{L}\p{N}\p{P}\p{S}]$/u;
const HOLDS_KEY = /(^|[^0-9A-Za-z])q[kt]_/;

export const NO_KEY_IN_THE_ADDRESS = "This looks like an API key. It was not searched for: what is searched for stands in the address, where others can read it.";

function nameOf(character: string): string {
  if (/\s/u.test(character)) return "a space";
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  return PRINTABLE.test(character) ? `“${character}”` : `an invisible character (${code})`;
}

/** What is wrong with a key that was typed or pasted; null if nothing is. No header can hold characters beyond ASCII. */
export function faultOfKey(key: string): string | null {
  const strange = STRANGE.exec(key);
  if (strange === null) return null;
  const place = [...key.slice(0, strange.index)].length + 1;
  return `A key has letters, digits, - and _ only: character ${place} of this one is ${nameOf(strange[0])}. Copy the key again, or look at the layout of your keyboard.`;
}

/** Whether a text has an API key or an access token in it, or the beginning of one. */
export function holdsKey(text: string): boolean {
  return HOLDS_KEY.test(text);
}
