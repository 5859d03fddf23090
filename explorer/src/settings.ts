/** What the server tells this page. `apiKey` is there only for a page opened on the server's own machine. */
export interface ExplorerSettings {
  environment: string | null;
  apiKey: string | null;
}

export async function loadSettings(): Promise<ExplorerSettings> {
  try {
    const response = await fetch("./explorer/settings.json", { cache: "no-store" });
    if (response.ok) return (await response.json()) as ExplorerSettings;
  } catch {
    // The page works without: the key is then typed in.
  }
  return { environment: null, apiKey: null };
}
