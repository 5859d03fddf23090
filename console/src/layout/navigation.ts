import { useViewer } from "../client/viewer";
import { NAVIGATION, type NavigationEntry } from "../routes";

/** The pages on which the key or token sees something; all while it is not known yet what it may see. */
export function useNavigation(): NavigationEntry[] {
  const viewer = useViewer();
  if (!viewer) return NAVIGATION;
  return NAVIGATION.filter(
    ({ scope, notForOneHolder }) => (!scope || viewer.may(scope)) && !(notForOneHolder && viewer.accessToken),
  );
}
