// One stack for all files; addresses travel in the environment.
import { password, startStack } from "./stack.mjs";

export default async function setup() {
  const stack = await startStack();
  Object.assign(process.env, {
    ATTUNE_URL: stack.url,
    ATTUNE_BANK: stack.bank,
    ATTUNE_OTHER: stack.other,
    ATTUNE_SITE: stack.site,
    ATTUNE_KEY: stack.key,
    ATTUNE_PASSWORD: password,
    ATTUNE_DATA: stack.data,
  });
  return () => stack.stop();
}
