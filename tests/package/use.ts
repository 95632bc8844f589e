// What somebody who uses the package writes, and what the types must not let pass. Compiled, never run.
import { attune, load, type Decision, type Mode } from "attune-web";

load({ address: "/attune/", site: "pk_1", consent: "tcf:7", beforeConsent: "hold" }).track("quote_requested", { amount: 3 });
const mode: Mode | undefined = attune.mode;

export async function hero(): Promise<string> {
  const decision: Decision | null | undefined = await attune.decide("home-hero", { limit: 3 });
  if ((await attune.consent())?.personalise === false || mode === "off") return "default";
  const [first] = decision?.offers ?? [];
  return first ? `${first.id} ${first.score_micros}` : (decision?.reason ?? "default");
}

export function typed(): void {
  void attune.consent({ measure: true, share: "denied" });
  void attune.on("consent", (answers) => answers.measure);
  void attune.on("event", (name) => name.toUpperCase());
  // @ts-expect-error: a name is needed
  void attune.track();
  // @ts-expect-error: objects are no values
  void attune.track("thing_done", { nested: { a: 1 } });
  // @ts-expect-error: no such purpose
  void attune.consent({ marketing: true });
  // @ts-expect-error: no such event
  void attune.on("nothing", () => {});
  // @ts-expect-error: no such banner
  load({ address: "/attune/", site: "pk_1", consent: "banner" });
  // @ts-expect-error: where it is says the page
  load({ site: "pk_1" });
  // @ts-expect-error: it says, and is not told
  attune.mode = "full";
  attune.decide("home-hero").then((decision) => {
    // @ts-expect-error: there may be none
    return decision.offers;
  });
}
