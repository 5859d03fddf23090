import { count, durationText } from "../../format";
import type { EndpointRowFragment } from "./endpoint.generated";

type Stats = EndpointRowFragment["stats"];

/** What became of an endpoint's deliveries in the last 7 days, and what is open now: as a bar and in words. */
export function Health({ stats }: { stats: Stats }) {
  const { delivered, failed, pending, oldestPendingSeconds } = stats;
  const all = Math.max(1, delivered + failed + pending);
  const part = (number: number) => ({ width: `${(number / all) * 100}%` });
  return (
    <div className="health">
      <span className="bar" aria-hidden="true">
        <span data-tone="good" style={part(delivered)} />
        <span data-tone="wait" style={part(pending)} />
        <span data-tone="bad" style={part(failed)} />
      </span>
      <p className="health-counts">
        {count(delivered)} delivered and {count(failed)} failed for good in 7 days, {count(pending)} open
        {oldestPendingSeconds ? `; the oldest waits for ${durationText(oldestPendingSeconds)}` : ""}
      </p>
    </div>
  );
}
