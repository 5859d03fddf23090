// The editor adds <style> elements while it runs. The page's policy lets only those in that carry the nonce of this
// answer, and the editor knows of none: so every <style> made by a script of ours gets it here.
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce;

if (nonce) {
  const createElement = document.createElement;
  document.createElement = function (this: Document, name: string, options?: ElementCreationOptions) {
    const element = createElement.call(this, name, options);
    if (name.toLowerCase() === "style") element.nonce = nonce;
    return element;
  } as typeof document.createElement;
}
