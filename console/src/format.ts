// How amounts, times and names of things are written. Amounts stay text: nothing here rounds.

const SIGN_AND_PARTS = /^(-?)(\d+)(\.\d+)?$/;
const THOUSANDS = /\B(?=(\d{3})+$)/g;
const MINUS = "\u2212";

/** `-1234567.50` is `−1,234,567.50`; what is no plain decimal stays as it is. */
export function groupDigits(value: string): string {
  const parts = SIGN_AND_PARTS.exec(value);
  if (!parts) return value;
  const [, sign, whole = "", fraction = ""] = parts;
  return (sign ? MINUS : "") + whole.replace(THOUSANDS, ",") + fraction;
}

export interface MoneyValue {
  value: string;
  asset: string;
}

export function moneyText(money: MoneyValue): string {
  return `${groupDigits(money.value)} ${money.asset}`;
}

export function count(number: number): string {
  return groupDigits(String(number));
}

export type Zone = "local" | "utc";

const FULL: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};
const DAY: Intl.DateTimeFormatOptions = { month: "short", day: "numeric" };

function inZone(options: Intl.DateTimeFormatOptions, zone: Zone): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", zone === "utc" ? { ...options, timeZone: "UTC" } : options);
}

/** `20 Nov 2026, 12:00:00`, with `UTC` behind it where it is that. */
export function timeText(instant: string, zone: Zone): string {
  return inZone(FULL, zone).format(new Date(instant)) + (zone === "utc" ? " UTC" : "");
}

export function dayText(instant: string, zone: Zone): string {
  return inZone(DAY, zone).format(new Date(instant));
}

/** The beginning of the day that is so many days before this instant, in milliseconds, in the zone; as RFC 3339. */
export function startOfDay(now: number, daysBefore: number, zone: Zone): string {
  const day = new Date(now);
  if (zone === "utc") {
    day.setUTCDate(day.getUTCDate() - daysBefore);
    day.setUTCHours(0, 0, 0, 0);
  } else {
    day.setDate(day.getDate() - daysBefore);
    day.setHours(0, 0, 0, 0);
  }
  return day.toISOString();
}

export function zoneName(zone: Zone): string {
  return zone === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const ABBREVIATIONS = /\b(api|iban|ok|uk)\b/g;

/** `MISSING_DATA` is `Missing data`, and `api_key` is `API key`. */
export function words(name: string): string {
  const text = name
    .replaceAll(/[_.-]+/g, " ")
    .toLowerCase()
    .replaceAll(ABBREVIATIONS, (short) => short.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const DOORS: Record<string, string> = {
  graphql: "GraphQL",
  rest: "REST",
  kafka: "Kafka",
  worker: "in the background",
  cli: "command line",
};

export function doorText(via: string): string {
  return DOORS[via] ?? via;
}

/** Who did it: `api_key:0197c1f0-…` is `API key 0197c1f0`. */
export function actorText(actor: string): string {
  const [kind = "", id] = actor.split(":");
  const name = kind === "api_key" ? "API key" : words(kind);
  return id ? `${name} ${id.slice(0, 8)}` : name;
}

const SECONDS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** `90` is `1 minute`. */
export function durationText(seconds: number): string {
  const [length, unit] = SECONDS.find(([each]) => seconds >= each) ?? SECONDS[3];
  const number = Math.floor(seconds / length);
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
