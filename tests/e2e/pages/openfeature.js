import { OpenFeature } from "@openfeature/web-sdk";
import { AttuneProvider } from "../../../packages/openfeature/index.js";
import { attune } from "../../../packages/web/index.js";

window.told = (async () => {
  await OpenFeature.setContext({ targetingKey: "cust_1" });
  await OpenFeature.setProviderAndWait(new AttuneProvider({ attune, placements: ["home-hero", "nowhere-yet"] }));
  const client = OpenFeature.getClient();
  const told = {
    text: client.getStringDetails("home-hero", "none"),
    flag: client.getBooleanValue("home-hero", false),
    object: client.getObjectValue("home-hero", {}),
    number: client.getNumberDetails("home-hero", 7),
    unknown: client.getStringDetails("other", "none"),
    empty: client.getStringDetails("nowhere-yet", "none"),
  };
  client.track("thing_bought", { value: 12, currency: "KRW" });
  return told;
})();
