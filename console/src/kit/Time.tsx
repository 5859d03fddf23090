import { timeText } from "../format";
import { usePreferences } from "../preferences";

/** An instant, in the zone that the person chose; the other one is in the tooltip. */
export function Time({ at }: { at: string | null | undefined }) {
  const { zone } = usePreferences();
  if (!at) return <span className="none">never</span>;
  const exact = zone === "utc" ? `${timeText(at, "local")} here` : `${timeText(at, "utc")} (${at})`;
  return (
    <time dateTime={at} title={exact}>
      {timeText(at, zone)}
    </time>
  );
}
