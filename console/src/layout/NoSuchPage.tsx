import { Link } from "wouter";
import { PageHead } from "../kit/PageHead";

export function NoSuchPage() {
  return (
    <>
      <PageHead title="No such page" />
      <p>
        There is no page at this address. Begin at the <Link href="/">overview</Link>, or search for what you want to see.
      </p>
    </>
  );
}
