// A button that opens a dialog: it says what will happen, asks, sends it with an idempotency key, and tells what came.
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { newKey } from "../client/idempotency";
import { refreshAll } from "../client/queries";
import { Refused } from "../client/request";
import { useViewer } from "../client/viewer";
import { Field, type FieldOf } from "./Field";
import { useHeld } from "./held";
import { tell } from "./Toasts";

export type Values = Record<string, string>;

interface Properties<R> {
  /** What the button says: `Freeze…`. */
  label: string;
  title: string;
  /** What will happen, in plain words. It is asked with the values as they are typed. */
  says: (values: Values) => ReactNode;
  fields?: FieldOf[];
  /** What the button that does it says: `Freeze`. */
  confirm: string;
  /** What cannot be undone, or stops money, is red. */
  danger?: boolean;
  /** The scope that it needs. */
  scope: string;
  /** Nothing is lost when its dialog is closed while it is under way. */
  changesNothing?: boolean;
  /** What to look at before it is sent again, when it is unknown whether it was done and a second time does it once more. */
  lookFirst?: string;
  /** Does it. The same values are always sent with the same key, so sending again is safe. */
  send: (values: Values, idempotencyKey: string) => Promise<R>;
  /** What is told when it was done; null tells nothing. */
  done?: (result: R) => string | null;
  /**
   * Shown in the dialog when it was done, such as a secret that is shown once: it stays until its own button is pressed.
   * Without it the dialog closes.
   */
  shows?: (result: R) => ReactNode;
  disabled?: boolean;
}

function startValues(fields: FieldOf[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, field.initial ?? ""]));
}

/** One key for each content, for as long as the dialog is open. */
function useKeys(): (values: Values) => string {
  const keys = useRef(new Map<string, string>());
  return (values) => {
    const content = JSON.stringify(values);
    const known = keys.current.get(content) ?? newKey();
    keys.current.set(content, known);
    return known;
  };
}

export function Action<R>(properties: Properties<R>) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={properties.danger ? "button button-danger" : "button"}
        disabled={properties.disabled}
        onClick={() => setOpen(true)}
      >
        {properties.label}
      </button>
      {isOpen && <ActionDialog {...properties} close={() => setOpen(false)} />}
    </>
  );
}

function ActionDialog<R>({ close, ...action }: Properties<R> & { close: () => void }) {
  const { title, says, fields = [], confirm, danger, scope, changesNothing = false, lookFirst, send, done, shows } = action;
  const viewer = useViewer();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const keyFor = useKeys();
  const [values, setValues] = useState(() => startValues(fields));
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const [result, setResult] = useState<{ value: R } | null>(null);
  const isHeld = (isSending && !changesNothing) || result !== null;
  useEffect(() => dialog.current?.showModal(), []);
  const held = useHeld(dialog, isHeld);
  const may = viewer === undefined || viewer.may(scope);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setFailure(null);
    try {
      const value = await send(values, keyFor(values));
      const told = done?.(value) ?? null;
      if (told) tell(told);
      if (shows) setResult({ value });
      else held.close();
      void refreshAll();
    } catch (cause) {
      setFailure(cause as Error);
    } finally {
      setSending(false);
    }
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} aria-busy={isSending} closedby={isHeld ? "none" : "closerequest"} onClose={() => held.mayClose() && close()}>
      <form onSubmit={submit}>
        <h2 id={titleId}>{title}</h2>
        {result ? (
          <div className="dialog-says">{shows?.(result.value)}</div>
        ) : (
          <>
            <div className="dialog-says">{says(values)}</div>
            {fields.map((field) => (
              <Field key={field.name} field={field} value={values[field.name] ?? ""} onChange={(value) => setValues({ ...values, [field.name]: value })} />
            ))}
            {!may && (
              <p className="note" data-tone="wait">
                This key may not do this. It lacks the scope <code>{scope}</code>: sign in with a key that has it.
              </p>
            )}
            {failure && <WhyNot failure={failure} lookFirst={lookFirst} />}
          </>
        )}
        <div className="dialog-buttons">
          <button className="button" type="button" disabled={isSending && !changesNothing} onClick={held.close}>
            {result ? "I have copied it" : "Cancel"}
          </button>
          {!result && (
            <button className={danger ? "button button-danger" : "button button-main"} type="submit" disabled={isSending || !may}>
              {isSending ? "Sending…" : failure instanceof Refused && failure.isUnknown ? "Send again" : confirm}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}

function WhyNot({ failure, lookFirst }: { failure: Error; lookFirst: string | undefined }) {
  const isUnknown = failure instanceof Refused && failure.isUnknown;
  return (
    <div className="note" data-tone="bad" role="alert">
      <p>{failure.message}</p>
      <p>{isUnknown ? `It is unknown whether it was done. ${lookFirst ?? "Look at what is shown now before you send it again."}` : "Nothing was changed."}</p>
    </div>
  );
}
