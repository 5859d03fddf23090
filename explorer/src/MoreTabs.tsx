import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";

// Of a tab, so much may be out of sight without it counting as hidden.
const TOLERANCE_PIXELS = 12;

function hiddenOnTheRight(list: Element): number {
  const edge = list.getBoundingClientRect().right + TOLERANCE_PIXELS;
  return [...list.children].filter((tab) => tab.getBoundingClientRect().right > edge).length;
}

/** Tells how many tabs are out of sight to the right, and goes there; from the end, back to the first. */
export function MoreTabs() {
  const tabs = useGraphiQL((state) => state.tabs);
  const active = useGraphiQL((state) => state.activeTabIndex);
  const [list, setList] = useState<Element | null>(null);
  const [hidden, setHidden] = useState(0);
  const [isScrolled, setScrolled] = useState(false);

  useEffect(() => setList(document.querySelector(".graphiql-tabs")), []);
  useEffect(() => {
    if (list === null) return undefined;
    const count = () => {
      setHidden(hiddenOnTheRight(list));
      setScrolled(list.scrollLeft > TOLERANCE_PIXELS);
    };
    const observer = new ResizeObserver(count);
    observer.observe(list);
    list.addEventListener("scroll", count);
    count();
    return () => {
      observer.disconnect();
      list.removeEventListener("scroll", count);
    };
  }, [list, tabs]);
  useEffect(() => {
    // Answers a promise in newer browsers, which React would take for what to do in the end.
    void list?.children[active]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [list, active]);

  if (hidden === 0 && !isScrolled) return null;
  const go = () => list?.scrollTo({ left: hidden > 0 ? list.scrollLeft + list.clientWidth * 0.8 : 0, behavior: "smooth" });
  return (
    <button className="more-tabs" type="button" onClick={go}>
      {hidden > 0 ? `${hidden} more ›` : "‹ First"}
    </button>
  );
}
