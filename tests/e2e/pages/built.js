// As an application would write it; bundled by the server of these pages.
import { attune, load } from "../../../packages/web/index.js";

const site = new URLSearchParams(location.search).get("site");
load({ address: "/attune", site });
load({ address: "/attune", site });
void attune.consent({ measure: true, personalise: true });
void attune.track("thing_done", { amount: 3 });
const identified = await attune.identify("cust_1");
const refused = await attune.identify("someone@example.test");
void attune.group("acme", { plan: "gold" });
void attune.alias("cust_2");
const decision = await attune.decide("home-hero");
window.told = { identified, refused, decision, mode: attune.mode };
