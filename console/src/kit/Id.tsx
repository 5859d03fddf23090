import { useEffect, useState } from "react";

const TOLD_MILLISECONDS = 1_500;

/** Without the clipboard of secure pages, the way of older ones. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "off-screen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), TOLD_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <button className="copy" type="button" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={async () => setCopied(await copy(text))}>
      <span aria-live="polite">{isCopied ? "Copied" : "Copy"}</span>
    </button>
  );
}

/** An id in full, or its first part with `short`; the button copies the whole of it. */
export function Id({ value, short = false, what = "the id" }: { value: string; short?: boolean; what?: string }) {
  return (
    <span className="id">
      <code title={value}>{short ? `${value.slice(0, 8)}…${value.slice(-4)}` : value}</code>
      <CopyButton text={value} what={what} />
    </span>
  );
}
