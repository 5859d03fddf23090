import { CopyButton } from "../../kit/Id";

/** A secret that is shown once: it can be copied, and is gone when the dialog is closed. */
export function Secret({ secret, publicKey }: { secret: string; publicKey: string }) {
  return (
    <>
      <p>
        <b>This is the only time that the secret is shown.</b> Copy it to the receiver now.
      </p>
      <p className="secret">
        <code>{secret}</code> <CopyButton text={secret} what="the secret" />
      </p>
      <p>A receiver may verify with the public key instead, which is shown at any time:</p>
      <p className="secret">
        <code>{publicKey}</code> <CopyButton text={publicKey} what="the public key" />
      </p>
    </>
  );
}
