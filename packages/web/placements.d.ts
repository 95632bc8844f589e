import type { Decision } from "./index.js";

/** An offer with its content in the page's language. */
export interface Offer {
  id: string;
  content: Readonly<Record<string, string>>;
}

/** What `POST /v1/decide` answers with `content: true`. */
export interface Printed {
  decision: Decision;
  content?: Decision["content"];
}

/** The offer in an element, null for its default content, undefined as long as nobody has decided. */
export function offerIn(element: Element | null): Offer | null | undefined;

/** Calls after every change of any placement; what it returns ends that. */
export function listen(listener: () => void): () => void;

/** The offer of a server's answer, in a language; null if there is none. */
export function printedOffer(answer: Printed | null | undefined, language?: string): Offer | null;

/** The answer as a block of JSON in HTML. */
export function printedBlock(answer: Printed): string;
