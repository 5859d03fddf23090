import { useEffect, useState } from "react";

const SHOWN_MILLISECONDS = 6_000;
let show: (text: string) => void = () => undefined;

/** Tell in a corner of the page what was done. It is read out, too. */
export function tell(text: string): void {
  show(text);
}

export function Toasts() {
  const [text, setText] = useState("");
  useEffect(() => {
    show = setText;
  }, []);
  useEffect(() => {
    if (!text) return undefined;
    const timer = setTimeout(() => setText(""), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="toasts" role="status">
      {text && <div className="toast">{text}</div>}
    </div>
  );
}
