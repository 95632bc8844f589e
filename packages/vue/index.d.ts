import type { DefineComponent, SlotsType, VNode } from "vue";
import type { Offer, Printed } from "attune-web/placements";

/** A placement that Vue draws: the default slot the offer, the slot `fallback` what everybody sees. */
export const Placement: DefineComponent<
  {
    /** Which placement. */
    name: string;
    /** What `POST /v1/decide` answered the server; the page shows it at once, and the tag verifies it. */
    printed?: Printed | null;
    /** Language of what the server printed; English unless said. */
    lang?: string;
  },
  {}, {}, {}, {}, {}, {}, {}, string, {}, {}, {},
  SlotsType<{ default: (props: { offer: Offer }) => VNode[]; fallback: () => VNode[] }>
>;
export type { Offer, Printed };
