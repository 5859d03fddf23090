import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { useNavigation } from "./navigation";

const PAUSE_MILLISECONDS = 1_500;

/** What was searched before is selected, so that typing takes its place. */
function goToSearch() {
  const field = document.querySelector<HTMLInputElement>("#search");
  field?.focus();
  field?.select();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName));
}

/** `/` searches, `g` and a letter opens a page, `?` shows all of this. */
export function Shortcuts() {
  const [, navigate] = useLocation();
  const dialog = useRef<HTMLDialogElement>(null);
  const entries = useNavigation();
  const latest = useRef(entries);
  latest.current = entries;
  useEffect(() => {
    let wentAt = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const isAfterG = event.timeStamp - wentAt < PAUSE_MILLISECONDS;
      wentAt = 0;
      const entry = isAfterG ? latest.current.find(({ key }) => key === event.key) : undefined;
      if (entry) navigate(entry.path);
      else if (event.key === "g") wentAt = event.timeStamp;
      else if (event.key === "?") dialog.current?.showModal();
      else if (event.key === "/") goToSearch();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate]);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="shortcuts-title">
      <h2 id="shortcuts-title">Keys</h2>
      <dl className="facts">
        {[["/", "Search"], ["?", "Show this"], ["↑ ↓ Home End", "Go through a list"], ...entries.map(({ key, label }) => [`g ${key}`, label])].map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-buttons">
        <button className="button" type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
