// Asks the collector what to show, before the page is sent: only for visitors whose browser the tag has put a name to, which
// it does as long as they allow it. A collector that is away, or slow, costs nothing but the offer.
const PATIENCE_MS = 300;

/** What `/v1/decide` answers, or null. */
export async function decide(request, placement) {
  const visitor = request.cookies.attune_visitor;
  if (!visitor || request.cookies.choice !== "yes") return null;
  const question = {
    site: process.env.ATTUNE_SITE,
    placement,
    visitor,
    content: true,
    consent: { measure: "granted", personalise: "granted" },
    context: { path: request.url.split("?")[0], locale: "en" },
  };
  try {
    const body = JSON.stringify(question);
    const answer = await fetch(`${process.env.ATTUNE_COLLECTOR}/v1/decide`, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
