import { Fragment } from "react";

/** A text that breaks, where there is no room, after this character: `Breaking({ text: "1,250.00", after: "," })`. */
export function Breaking({ text, after }: { text: string; after: string }) {
  const parts = text.split(after);
  return parts.map((part, place) => (
    <Fragment key={place}>
      {part}
      {place < parts.length - 1 && (
        <>
          {after}
          <wbr />
        </>
      )}
    </Fragment>
  ));
}
