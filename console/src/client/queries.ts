import { keepPreviousData, QueryClient, type InfiniteData, type Query, useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { Refused, request, type Answer, type TypedDocument } from "./request";
import { isServerThere, watchServer } from "./server";

const RETRIES_MAX = 2;
const FRESH_MILLISECONDS = 5_000;
const PAGES_REFRESHED_MAX = 3;

/** Refusals stay what they are; only what may be better the next time is asked again. */
function isWorthRetrying(failures: number, failure: Error): boolean {
  return failure instanceof Refused && ["UNAVAILABLE", "TIMEOUT"].includes(failure.code) && failures < RETRIES_MAX;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: isWorthRetrying, staleTime: FRESH_MILLISECONDS, networkMode: "always", refetchOnWindowFocus: true },
    mutations: { networkMode: "always" },
  },
});

// What is shown while the server is away is old: once it is back, everything is asked anew.
watchServer(() => isServerThere() && void queryClient.invalidateQueries());

/** After a change, all that is on the screen is asked anew. */
export function refreshAll(): Promise<void> {
  return queryClient.invalidateQueries();
}

function isShort(query: Query): boolean {
  const pages = (query.state.data as Partial<InfiniteData<unknown>> | undefined)?.pages;
  return pages === undefined || pages.length <= PAGES_REFRESHED_MAX;
}

/** As `refreshAll`, but leaves lists alone that somebody has scrolled far down: they would be read all over again. */
export function refreshShort(): Promise<void> {
  return queryClient.invalidateQueries({ predicate: isShort });
}

export type Asked<R> = UseQueryResult<Answer<R>, Error>;

/**
 * Ask with a generated document. `everySeconds` asks again that often while the page is looked at; `keepsOld` shows the
 * answer to the variables before until there is one to the new ones.
 */
export function useAsk<R, V>(
  document: TypedDocument<R, V>,
  variables: V,
  { enabled = true, everySeconds, keepsOld = false }: { enabled?: boolean; everySeconds?: number; keepsOld?: boolean } = {},
): Asked<R> {
  return useQuery<Answer<R>, Error>({
    queryKey: [document.toString(), variables],
    queryFn: ({ signal }) => request(document, variables, signal),
    enabled,
    placeholderData: keepsOld ? keepPreviousData : undefined,
    refetchInterval: everySeconds === undefined ? false : everySeconds * 1_000,
  });
}

export interface Connection<N> {
  nodes: N[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  totalCount?: number | null;
}

/** A list that grows by pages while it is scrolled. */
export interface Listed<N> {
  rows: N[];
  total: number | null;
  hasMore: boolean;
  isLoading: boolean;
  isLoadingMore: boolean;
  failure: Error | null;
  lacking: string[];
  more: () => void;
  again: () => void;
}

const NONE: never[] = [];

/** Ask for a list. The document takes `$after`; `pick` finds the connection in its answer. */
export function useList<R, V extends { after?: string | null }, N>(
  document: TypedDocument<R, V>,
  variables: Omit<V, "after">,
  pick: (data: R) => Connection<N> | null | undefined,
  { enabled = true }: { enabled?: boolean } = {},
): Listed<N> {
  const query = useInfiniteQuery({
    queryKey: [document.toString(), variables, "pages"],
    queryFn: ({ pageParam, signal }) => request(document, { ...variables, after: pageParam } as unknown as V, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<R>) => {
      const info = pick(last.data)?.pageInfo;
      return info?.hasNextPage ? (info.endCursor ?? null) : null;
    },
    enabled,
  });
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => pick(page.data)?.nodes ?? NONE) ?? NONE, [pages]);
  return {
    rows,
    total: pages?.[0] ? (pick(pages[0].data)?.totalCount ?? null) : null,
    hasMore: query.hasNextPage,
    isLoading: query.isPending && enabled,
    isLoadingMore: query.isFetchingNextPage,
    failure: query.error,
    lacking: pages?.[0]?.lacking ?? NONE,
    more: () => void query.fetchNextPage(),
    again: () => void query.refetch(),
  };
}
