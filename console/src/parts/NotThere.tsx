import { PageHead } from "../kit/PageHead";

/** There is no such object, or it is another customer's: the server does not tell which. */
export function NotThere({ what, id }: { what: string; id: string }) {
  return (
    <>
      <PageHead title={`No such ${what}`} />
      <p>
        This key sees no {what} with the id <code>{id}</code>.
      </p>
    </>
  );
}
