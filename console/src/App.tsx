import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Route, Router, Switch, useLocation } from "wouter";
import { CONSOLE_PATH } from "./base";
import { endConnection } from "./client/live";
import { endOwnKey } from "./client/ownKey";
import { queryClient } from "./client/queries";
import { signRequestsWith } from "./client/request";
import { isId } from "./ids";
import { Loading } from "./kit/states";
import { Layout } from "./layout/Layout";
import { NoSuchPage } from "./layout/NoSuchPage";
import { PageFault } from "./layout/PageFault";
import { SignIn } from "./layout/SignIn";
import { NotThere } from "./parts/NotThere";
import { ROUTES } from "./routes";
import { keepKey, onSignedOutElsewhere, tellSignedOut, type Session } from "./session";

const LOAD_AHEAD_MILLISECONDS = 2_000;
const PAGES = ROUTES.map(({ path, what, load }) => ({ path, what, Page: lazy(load) }));

function Pages() {
  const [location] = useLocation();
  return (
    <PageFault key={location}>
      <Suspense fallback={<Loading />}>
        <Switch>
          {PAGES.map(({ path, what, Page }) => (
            // With a key, another object is another page: nothing of the one before is shown in it.
            <Route key={path} path={path}>
              {({ id = "" }: { id?: string }) => (what === undefined || isId(id) ? <Page key={id} id={id} /> : <NotThere what={what} id={id} />)}
            </Route>
          ))}
          <Route>
            <NoSuchPage />
          </Route>
        </Switch>
      </Suspense>
    </PageFault>
  );
}

export function App({ session }: { session: Session }) {
  const [apiKey, setApiKey] = useState(session.apiKey);
  const [why, setWhy] = useState(session.failure);
  // Not in an effect: the first questions of the pages below are asked before effects of this one run.
  signRequestsWith(apiKey);

  const keyInUse = useRef(apiKey);
  keyInUse.current = apiKey;

  const leave = (reason: string | null) => {
    keepKey("");
    endConnection();
    queryClient.clear();
    setWhy(reason);
    setApiKey("");
  };
  const signOut = async () => {
    const ended = endOwnKey(apiKey);
    leave(null);
    tellSignedOut();
    const failure = await ended;
    if (failure && !keyInUse.current) setWhy(failure);
  };
  const signIn = (key: string) => {
    keepKey(key);
    endConnection();
    queryClient.clear();
    setWhy(null);
    setApiKey(key);
  };
  useEffect(() => queryClient.getQueryCache().subscribe(({ query }) => {
    const failure = query.state.error as { code?: string } | null;
    // What was still under way when somebody signed out may be refused.
    if (failure?.code === "UNAUTHENTICATED" && keyInUse.current) leave("This key is unknown, expired or revoked.");
  }), []);
  useEffect(() => onSignedOutElsewhere(() => keyInUse.current && leave("You signed out in another tab of this browser.")), []);

  // Once the first view is there, the other pages are loaded, so that they open at once, also while the server is away.
  useEffect(() => {
    const timer = setTimeout(() => ROUTES.forEach(({ load }) => void load().catch(() => undefined)), LOAD_AHEAD_MILLISECONDS);
    return () => clearTimeout(timer);
  }, []);

  if (!apiKey) return <SignIn why={why} onKey={signIn} />;
  return (
    <QueryClientProvider client={queryClient}>
      <Router base={CONSOLE_PATH}>
        <Layout signOut={() => void signOut()}>
          <Pages />
        </Layout>
      </Router>
    </QueryClientProvider>
  );
}
