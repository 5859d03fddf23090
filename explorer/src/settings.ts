/** What the server tells every visitor of this page. */
export interface ExplorerSettings {
  environment: string | null;
  /** Whether this server serves the operator's console. */
  console: boolean;
}

export async function loadSettings(): Promise<ExplorerSettings> {
  try {
    const response = await fetch("./explorer/settings.json", { cache: "no-store" });
    if (response.ok) return (await response.json()) as ExplorerSettings;
  } catch {
    // The page works without.
  }
  return { environment: null, console: false };
}
