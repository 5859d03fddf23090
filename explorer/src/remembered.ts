// What connects the tabs: an answer's ids are remembered by name, and `{{name}}` in a later tab's variables is replaced.

export type Remembered = Record<string, string>;

const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

/** A variable names something that no answer has brought yet. */
export class NotKnownYet extends Error {
  constructor(name: string) {
    super(`{{${name}}} is not known yet. It is filled in from an earlier answer: run the tabs from left to right.`);
  }
}

/** In variables, replace each `{{name}}` by what is remembered. Throws NotKnownYet. */
export function fillIn<T>(value: T, remembered: Remembered): T {
  if (typeof value === "string") {
    return value.replace(PLACEHOLDER, (_, name: string) => {
      const known = remembered[name];
      if (known === undefined) throw new NotKnownYet(name);
      return known;
    }) as T;
  }
  if (Array.isArray(value)) return value.map((item) => fillIn(item, remembered)) as T;
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillIn(item, remembered)])) as T;
  }
  return value;
}

/** `ledger { id }` in an answer becomes `ledgerId`, and an `iban` becomes `iban`. Lists are passed over. */
export function noteDown(answer: unknown, name: string, found: Remembered): void {
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) return;
  for (const [key, value] of Object.entries(answer)) {
    if (typeof value === "object") noteDown(value, key, found);
    else if (typeof value !== "string") continue;
    else if (key === "id" && name) found[`${name}Id`] = value;
    else if (key === "iban") found.iban = value;
  }
}
