// The built files are in `files/` below the console, wherever a proxy puts it.
const CONSOLE = new URL(/* @vite-ignore */ "../", import.meta.url);

/** The path of the console without a slash at its end: `/console`. */
export const CONSOLE_PATH = CONSOLE.pathname.replace(/\/$/, "");

/** An address of the server, such as `graphql` or `healthz`. */
export function serverAddress(path: string): URL {
  return new URL(`../${path}`, CONSOLE);
}

/** An address of the console's own, such as `session`. */
export function consoleAddress(path: string): URL {
  return new URL(path, CONSOLE);
}
