import { ViewerDocument, type ViewerQuery } from "./viewer.generated";
import { useAsk, type Asked } from "./queries";

export type Viewer = ViewerQuery["viewer"] & { may: (scope: string) => boolean };

const NO_VARIABLES = {};

export function useAskViewer(): Asked<ViewerQuery> {
  return useAsk(ViewerDocument, NO_VARIABLES);
}

/** Whose key it is and what it may do; undefined until that is known. */
export function useViewer(): Viewer | undefined {
  const { data } = useAskViewer();
  if (!data) return undefined;
  const { viewer } = data.data;
  return { ...viewer, may: (scope) => viewer.scopes.includes("*") || viewer.scopes.includes(scope) };
}
