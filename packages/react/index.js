"use client";
// A placement for React: what is decided is drawn by React, from the first byte that the server prints.

import { listen, offerIn, printedBlock, printedOffer } from "attune-web/placements";
import { createElement, useRef, useState, useSyncExternalStore } from "react";

const never = () => () => {};

// `children` draws the offer; `fallback` is what everybody sees. `printed` is what `/v1/decide` answered the server.
export function Placement({ name, printed, lang, fallback = null, children, ...rest }) {
  const element = useRef(null);
  const told = useSyncExternalStore(listen, () => offerIn(element.current), () => undefined);
  // The block is for the tag that comes after the server's page; a page that React makes has the device decide.
  const [fromServer] = useState(useSyncExternalStore(never, () => false, () => !!printed));
  const offer = told === undefined ? (fromServer ? printedOffer(printed, lang) : null) : told;
  const block = { type: "application/json", "data-attune-decision": "", suppressHydrationWarning: true };
  return createElement(
    "attune-placement",
    { ...rest, name, ref: element },
    offer ? children(offer) : fallback,
    fromServer && createElement("script", { ...block, dangerouslySetInnerHTML: { __html: printedBlock(printed) } }),
  );
}
