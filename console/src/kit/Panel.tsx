import { useId, type ReactNode } from "react";
import type { Asked } from "../client/queries";
import { Failure, Lacking, Loading } from "./states";

interface Properties<R> {
  title: string;
  /** What stands to the right of the title. */
  aside?: ReactNode;
  asked: Asked<R>;
  children: (data: R) => ReactNode;
}

/** A titled part of a page that shows one answer, or why there is none. */
export function Panel<R>({ title, aside, asked, children }: Properties<R>) {
  const { data, error, isPending, refetch } = asked;
  return (
    <Section title={title} aside={aside}>
      {data ? (
        <>
          <Lacking scopes={data.lacking} />
          {children(data.data)}
        </>
      ) : error ? (
        <Failure failure={error} again={() => void refetch()} />
      ) : (
        isPending && <Loading />
      )}
    </Section>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
