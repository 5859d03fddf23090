import { words } from "../format";

type Tone = "good" | "wait" | "bad" | "calm";

const TONES: Record<string, Tone> = {
  OK: "good",
  ACCEPTED: "good",
  DELIVERED: "good",
  ENABLED: "good",
  POSTED: "good",
  CAPTURED: "good",
  PENDING: "wait",
  MISSING_DATA: "wait",
  QUARANTINE: "wait",
  RETRYING: "wait",
  PAUSED: "wait",
  PLACED: "wait",
  FROZEN: "bad",
  ERROR: "bad",
  DECLINED: "bad",
  EXHAUSTED: "bad",
  UNABLE_TO_ADVANCE: "bad",
};

/** `OK` alone would say little. */
const NAMES: Record<string, string> = { OK: "OK", UNABLE_TO_ADVANCE: "Cannot go on" };

/** A status in words, with a color that says the same. */
export function Status({ status, title }: { status: string; title?: string | null }) {
  return (
    <span className="status" data-tone={TONES[status] ?? "calm"} title={title ?? undefined}>
      {NAMES[status] ?? words(status)}
    </span>
  );
}
