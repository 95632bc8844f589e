// What somebody who uses OpenFeature writes. Compiled, never run.
import { OpenFeature } from "@openfeature/web-sdk";
import { AttuneProvider } from "attune-openfeature";
import { attune } from "attune-web";

export async function hero(token: string): Promise<string> {
  await OpenFeature.setContext({ targetingKey: "cust_1", token });
  await OpenFeature.setProviderAndWait(new AttuneProvider({ attune, placements: ["home-hero"] }));
  void attune.identify("cust_1", {}, { token });
  // @ts-expect-error: it must be told what to decide
  new AttuneProvider({ attune });
  return OpenFeature.getClient().getStringValue("home-hero", "default");
}
