// What somebody who draws placements with React or Vue writes. Compiled, never run.
import { Placement } from "attune-react";
import { Placement as VuePlacement, type Offer } from "attune-vue";
import { printedOffer, type Printed } from "attune-web/placements";
import { createElement } from "react";
import { h } from "vue";

export function hero(printed: Printed | null): unknown {
  const children = ({ id, content }: { id: string; content: Readonly<Record<string, string>> }): string => `${id}: ${content["title"] ?? ""}`;
  createElement(Placement, { name: "home-hero", printed, className: "hero", fallback: "default", children });
  h(VuePlacement, { name: "home-hero", printed }, { default: ({ offer }: { offer: Offer }) => [h("h1", offer.content["title"])], fallback: () => [h("h1", "default")] });
  // @ts-expect-error: which placement must be said
  createElement(Placement, { children });
  // @ts-expect-error: and what draws the offer
  createElement(Placement, { name: "home-hero" });
  return printedOffer(printed, "ko")?.content["title"];
}
