import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Link } from "wouter";
import type { Listed } from "../client/queries";
import { count } from "../format";
import { Empty, Failure, Lacking, Loading } from "./states";

const ROW_PIXELS = 45;
const ROWS_BEYOND = 12;
/** The next page is asked for when so many rows are left below. */
const ROWS_AHEAD = 25;
/** As in the style sheet: between two columns, and on both sides of a row. */
const GAP_PIXELS = 14;
const SIDES_PIXELS = 32;

export interface Column<N> {
  name: string;
  /** As in `grid-template-columns`: `minmax(120px, 1fr)`. */
  width: string;
  cell: (row: N) => ReactNode;
  align?: "end";
  /** Left out where there is no room for it, the last one first. */
  wide?: boolean;
}

interface Properties<N> {
  /** What the list is of, for those who hear it: `Ledgers`. */
  label: string;
  columns: Column<N>[];
  list: Listed<N>;
  rowKey: (row: N) => string;
  /** Where a row leads; null: nowhere. The first column is the link. */
  href?: (row: N) => string | null;
  empty: ReactNode;
}

const features = tableFeatures({});

function pixelsOf<N>(columns: Column<N>[]): number {
  const widths = columns.map(({ width }) => Number(/(\d+)px/.exec(width)?.[1] ?? 0));
  return widths.reduce((sum, each) => sum + each + GAP_PIXELS, SIDES_PIXELS - GAP_PIXELS);
}

/** The columns for which there is room. If there is too little for all that cannot be left out, they go in pairs. */
function fitting<N>(columns: Column<N>[], width: number): { shown: Column<N>[]; isInPairs: boolean } {
  const shown = [...columns];
  while (pixelsOf(shown) > width) {
    const last = shown.findLastIndex((column) => column.wide);
    if (last < 0) return { shown, isInPairs: true };
    shown.splice(last, 1);
  }
  return { shown, isInPairs: false };
}

/** How wide an element is, in pixels, for as long as it is there. */
function useWidth(): [(element: HTMLElement | null) => (() => void) | undefined, number] {
  const [width, setWidth] = useState(Infinity);
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** Only the rows near the window are in the page, however long the list is. Arrow keys go from row to row. */
export function List<N extends object>({ label, columns: all, list, rowKey, href, empty }: Properties<N>) {
  const [frame, width] = useWidth();
  const { shown: columns, isInPairs } = useMemo(() => fitting(all, width), [all, width]);
  const body = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, N>();
    return helper.columns(
      columns.map((column) =>
        helper.display({ id: column.name, header: column.name, cell: ({ row }) => column.cell(row.original) }),
      ),
    );
  }, [columns]);
  const table = useTable({ features, columns: definitions, data: list.rows, getRowId: rowKey });
  const rows = table.getRowModel().rows;
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PIXELS,
    overscan: ROWS_BEYOND,
    scrollMargin: margin,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  useLayoutEffect(() => {
    if (body.current) setMargin(body.current.getBoundingClientRect().top + window.scrollY);
  }, [list.isLoading, rows.length === 0]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= rows.length - ROWS_AHEAD && list.hasMore && !list.isLoadingMore && !list.failure) list.more();
  }, [last, rows.length, list.hasMore, list.isLoadingMore, list.failure]);

  if (list.isLoading) return <Loading />;
  if (list.failure && rows.length === 0) return <Failure failure={list.failure} again={list.again} />;
  if (rows.length === 0) return <Empty>{empty}</Empty>;

  const goTo = (index: number) => {
    const wanted = Math.max(0, Math.min(rows.length - 1, index));
    virtual.scrollToIndex(wanted);
    const focus = (tries: number) => {
      const link = body.current?.querySelector<HTMLElement>(`[data-index="${wanted}"] a, [data-index="${wanted}"] button`);
      if (link) link.focus({ preventScroll: true });
      else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
    };
    focus(10);
  };
  const onKey = (event: KeyboardEvent) => {
    const here = Number((event.target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset.index ?? -1);
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (there === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    goTo(there);
  };

  const gridTemplateColumns = isInPairs ? undefined : columns.map((column) => column.width).join(" ");
  return (
    <>
      <Lacking scopes={list.lacking} />
      <div ref={frame} className="list" data-pairs={isInPairs || undefined} role="table" aria-label={label} aria-rowcount={list.hasMore ? -1 : rows.length + 1}>
        <div className="list-head" role="rowgroup">
          <div className="list-row" role="row" aria-rowindex={1} style={{ gridTemplateColumns }}>
            {columns.map((column) => (
              <div key={column.name} role="columnheader" data-align={column.align}>
                {column.name}
              </div>
            ))}
          </div>
        </div>
        <div ref={body} className="list-body" role="rowgroup" style={{ height: virtual.getTotalSize() }} onKeyDown={onKey}>
          {items.map((item) => {
            const row = rows[item.index]!;
            const address = href?.(row.original) ?? null;
            return (
              <div
                key={row.id}
                ref={virtual.measureElement}
                className="list-row"
                role="row"
                aria-rowindex={item.index + 2}
                data-index={item.index}
                style={{ gridTemplateColumns, transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
              >
                {row.getAllCells().map((cell, place) => (
                  <div key={cell.id} role="cell" data-align={columns[place]?.align} data-side={place % 2 === 0 ? "start" : "end"}>
                    {place === 0 && address !== null ? (
                      <Link className="row-link" href={address}>
                        <table.FlexRender cell={cell} />
                      </Link>
                    ) : (
                      <table.FlexRender cell={cell} />
                    )}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <p className="list-foot" role="status">
        {list.isLoadingMore ? "Loading more…" : list.hasMore ? `${count(rows.length)} so far; scroll for more` : `${count(rows.length)} in all`}
      </p>
      {list.failure && <Failure failure={list.failure} again={list.again} />}
    </>
  );
}
