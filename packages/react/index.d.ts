import type { HTMLAttributes, ReactElement, ReactNode } from "react";
import type { Offer, Printed } from "attune-web/placements";

/** A placement that React draws. */
export interface PlacementProps extends Omit<HTMLAttributes<HTMLElement>, "children"> {
  /** Which placement. */
  name: string;
  /** What `POST /v1/decide` answered the server; the page shows it at once, and the tag verifies it. */
  printed?: Printed | null;
  /** Language of what the server printed; English unless said. */
  lang?: string;
  /** What everybody sees until there is a reason for something else. */
  fallback?: ReactNode;
  /** Draws the offer. */
  children: (offer: Offer) => ReactNode;
}

export function Placement(props: PlacementProps): ReactElement;
export type { Offer, Printed };
