// What must not be lost by a slip: an action that is under way, and a secret that is shown once.
import { useEffect, useRef, type RefObject } from "react";

let heldAddress: string | null = null;

// Browsers tell the listeners of a window in the order in which they came. This one must come before the router's, so
// that the router does not hear of it: `main.tsx` loads this file before anything is shown.
addEventListener("popstate", (event) => {
  if (heldAddress === null) return;
  event.stopImmediatePropagation();
  history.pushState(null, "", heldAddress);
});

/**
 * Keep a dialog open, and the page that it is on, for as long as `isHeld`: Escape and the browser's Back do nothing, and
 * the browser asks before it leaves.
 *
 * Returns what closes it all the same, and `mayClose`, which tells whether it was closed so, or is not held.
 */
export function useHeld(dialog: RefObject<HTMLDialogElement | null>, isHeld: boolean): { close: () => void; mayClose: () => boolean } {
  const isLeft = useRef(false);
  useEffect(() => {
    if (!isHeld) return undefined;
    heldAddress = location.href;
    const stay = (event: Event) => event.preventDefault();
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && event.preventDefault();
    // A browser lets nobody keep a dialog open against a second Escape; then it is opened again.
    const openAgain = () => {
      if (!isLeft.current && dialog.current?.isConnected && !dialog.current.open) dialog.current.showModal();
    };
    const element = dialog.current;
    element?.addEventListener("cancel", stay);
    element?.addEventListener("close", openAgain);
    addEventListener("keydown", onKey, true);
    addEventListener("beforeunload", stay);
    return () => {
      element?.removeEventListener("cancel", stay);
      element?.removeEventListener("close", openAgain);
      removeEventListener("keydown", onKey, true);
      removeEventListener("beforeunload", stay);
      heldAddress = null;
    };
  }, [isHeld]);
  return {
    close: () => {
      isLeft.current = true;
      dialog.current?.close();
    },
    mayClose: () => isLeft.current || !isHeld,
  };
}
