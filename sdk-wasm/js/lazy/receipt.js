// Receipts of what this page decides, for a sample of visitors: what each decision was made of and what came out. The
// server makes it again; where that comes out otherwise, it is told every step as well.

import { toText } from "../bytes.js";

const MOST = 20; // A page.
const WAIT_MS = 1_000;
const GRANTED = 0b1010; // Measuring and personalising.

// `core`, whose decisions leave receipts.
export function keepReceipts(core, { base, site, consent, decider, part, wasm }, explainer) {
  let waiting = [];
  let kept = 0;

  const packed = ({ question, profile, output, steps }) => ({ question: btoa(toText(question)), profile: btoa(toText(profile)), output, steps });
  async function send(receipts, keepalive) {
    const body = JSON.stringify({ site, engine: __VERSION__, receipts: receipts.map(packed) });
    const response = await fetch(base + "v1/receipts", { method: "POST", body, keepalive });
    return response.ok ? (await response.json()).verdicts : [];
  }
  async function flush(keepalive) {
    const receipts = waiting;
    waiting = [];
    if (!receipts.length) return;
    const verdicts = await send(receipts, keepalive);
    const differing = receipts.filter((_, index) => verdicts[index] === "differs");
    if (!differing.length) return;
    const { explain } = await part(explainer);
    for (const receipt of differing) receipt.steps = await explain(wasm, receipt.profile, receipt.payload, receipt.question);
    await send(differing);
  }
  const attempt = (keepalive) => flush(keepalive).catch(() => {});
  addEventListener("pagehide", () => attempt(true));

  return {
    ...core,
    decide(placement, now, limit, peek, force, draw) {
      if (peek || kept >= MOST || (consent.bits() & 0b1111) !== GRANTED) return core.decide(placement, now, limit, peek, force, draw);
      const question = core.question(placement, now, limit, force, draw);
      const profile = core.seen();
      const output = core.decide(placement, now, limit, peek, force, draw);
      if (output) {
        kept++;
        if (waiting.push({ question, profile, output, payload: decider.payload() }) === 1) setTimeout(attempt, WAIT_MS);
      }
      return output;
    },
  };
}
