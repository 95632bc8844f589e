/** A value an event may carry. Texts are cut at 1,024 bytes of UTF-8; numbers are finite. */
export type Value = string | number | boolean;

/** Values by name: at most 32, names of at most 64 bytes. Anything else is left out. */
export type Fields = Readonly<Record<string, Value | null | undefined>>;

/** The visitor's answers by purpose; what is left out stays as it was. */
export interface Answers {
  /** Counting and reports. */
  measure?: boolean | "granted" | "denied";
  /** Choosing what to show. */
  personalise?: boolean | "granted" | "denied";
  /** Passing on to others. */
  share?: boolean | "granted" | "denied";
}

/** An offer that was chosen, or withheld from a visitor who is kept out to measure lift. */
export interface Choice {
  /** The offer. */
  id: string;
  /** What ranked it, in millionths. */
  score_micros: number;
}

/** What is shown in a placement, and why. */
export interface Decision {
  /** Derived from everything that went in: the same question has the same id. */
  id: string;
  placement: string;
  /** Null if default content stays. */
  campaign: string | null;
  variant: string | null;
  /** Best first; empty if default content stays. */
  offers: readonly Choice[];
  /** What would have been shown. */
  withheld: readonly Choice[];
  /** Where the server decided: fields of the offers by language. */
  content?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
  /** Short code, such as `matched`, `no_consent`, `capped`. */
  reason: string;
  /** Hash of the bundle that decided. */
  bundle: string;
}

/** What is shown in an element of the page. */
export interface Shown {
  placement: string;
  element: Element;
  /** With their content in the page's language. */
  offers: readonly { id: string; content: Readonly<Record<string, string>> }[];
  /** Null where default content came back. */
  decision: Decision | null;
}

/** On the word of the site's server. */
export interface Signed {
  /** A profile token, for what only the server may decide: docs/decisions.md. */
  token?: string;
}

/** How much is captured: 0 nothing, 1 page views, 2 also clicks and events by name, 3 also forms, 4 also time, scrolling, vitals and errors, 5 also declared properties. */
export interface Level {
  level: 0 | 1 | 2 | 3 | 4 | 5;
  /** What says so: a rule of the site, no rule of the site, a page over http, no bundle, the visitor. */
  by: "rule" | "default" | "http" | "no_bundle" | "consent";
  /** The rule, whatever lowered it. */
  rule: { level: 0 | 1 | 2 | 3 | 4 | 5; path: string; category: string; scheme: string } | null;
}

/** What works: all; everything but decisions; nothing. Undefined until it is known. */
export type Mode = "full" | "lite" | "off";

/** Every call may be made before the tag has come, never throws, and does nothing on a server. */
export interface Attune {
  /** Records a view that is not told by the address. */
  page(name?: string, fields?: Fields): Promise<void>;
  /** Records an event: `noun_verb` in the past tense, at most 64 bytes. */
  track(name: string, fields?: Fields): Promise<void>;
  /** Tells who is signed in, by a pseudonym. False if it is none: e-mail addresses and numbers are refused. */
  identify(id: string, traits?: Fields, options?: Signed): Promise<boolean | undefined>;
  /** Tells that two user ids are one person; the second is the present one unless said. */
  alias(id: string, previous?: string): Promise<boolean | undefined>;
  /** Records that the visitor belongs to a group, such as a company. */
  group(id: string, traits?: Fields): Promise<void>;
  /** Another visitor from now on: after signing out on a shared device. */
  reset(): Promise<void>;
  /** Takes the visitor's answers, or tells them. */
  consent(answers: Answers): Promise<void>;
  consent(): Promise<{ measure?: boolean; personalise?: boolean; share?: boolean } | undefined>;
  /** Yes to measuring and personalising. */
  optIn(): Promise<void>;
  /** No to both. */
  optOut(): Promise<void>;
  /** Clears the device at once and asks the collector to erase. */
  forget(): Promise<void>;
  /** Calls once the SDK is there. */
  ready(listener?: () => void): Promise<void>;
  /** `event` with its name, `consent` with the answers, `placement` with what it shows, `ready`. */
  on(name: "event", listener: (event: string) => void): Promise<void>;
  on(name: "consent", listener: (answers: Answers) => void): Promise<void>;
  on(name: "ready", listener: () => void): Promise<void>;
  /** What a placement shows from now on, for pages that draw it themselves: no offers where default content stands. */
  on(name: "placement", listener: (shown: Shown) => void): Promise<void>;
  /** Decides for a placement; what is shown counts against caps. Null where nothing can be decided. */
  decide(placement: string, options?: { limit?: number }): Promise<Decision | null | undefined>;
  /** The same without counting. */
  peek(placement: string, options?: { limit?: number }): Promise<Decision | null | undefined>;
  /** Counts an exposure of what the page itself shows: a decision's ids. */
  expose(fields: { placement: string; campaign: string; variant: string; offer: string; decision: string }): Promise<void>;
  /** Every step of the decision that would be made now; for people who work on the site. */
  explain(placement: string): Promise<unknown>;
  /** The same in sentences: English, or Korean for `ko`. */
  explain(placement: string, options: { language: string }): Promise<readonly string[]>;
  /** How much is captured on this page, and why. */
  explainLevel(): Promise<Level | undefined>;
  /** Shows the debugger in this tab, to whoever has a token of `attune debug`. False if the collector does not vouch for it. */
  debug(token: string): Promise<boolean | undefined>;
  readonly mode: Mode | undefined;
  /** Why the mode is not `full`, or what is missing in it. */
  readonly why: "" | "storage_blocked" | "not_encrypted" | "no_wasm" | "no_bundle" | "not_loaded" | undefined;
}

export const attune: Attune;

/** Loads the tag, once; Trusted Types may be enforced. On a server it does nothing. */
export function load(options: {
  /** Where the collector's paths begin, such as `/attune/`. */
  address: string;
  /** Public site key, `pk_…`. */
  site: string;
  /** Which banner of others answers for the visitor. */
  consent?: "tcf" | `tcf:${number}` | "onetrust" | "cookiebot" | "google";
  /** What happens to events before an answer; they are discarded unless said. */
  beforeConsent?: "hold" | "discard";
  /** Domain of a cookie with the visitor's id, so that other hosts of the site know the same visitor. */
  visitorCookie?: string;
}): Attune;
