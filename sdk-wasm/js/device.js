// What surrounds a visit: device, language, how the visitor came.

import { clip } from "./batch.js";
import { guard } from "./safe.js";

const TAGS = ["utm_source", "utm_medium", "utm_campaign"];

const agent = navigator.userAgent;
const DEVICE = /iPad|Tablet|Android(?!.*Mobile)/.test(agent) ? "tablet" : /Mobi|iPhone/.test(agent) ? "mobile" : "desktop";

const hostOf = (address) => address && guard(() => new URL(address).hostname.replace(/^www\./, ""));

// Names and values that rules may use as context of a decision.
export function contextOf(url, referrer, about) {
  const { hostname, pathname, searchParams } = new URL(url);
  const now = new Date();
  const context = {
    ...about,
    device: DEVICE,
    host: hostname,
    path: pathname,
    locale: (document.documentElement.lang || navigator.language).split("-")[0],
    hour: now.getHours(),
    weekday: now.getDay(),
  };
  const from = hostOf(referrer);
  if (from && from !== hostname) context.referrer_host = from;
  for (const name of TAGS) context[name] = searchParams.get(name) || "";
  return context;
}

// What surrounds every event, in the order in which a batch carries it.
export const visitOf = (site) => ({
  site,
  texts: [DEVICE, navigator.language, "", "", "", "attune-web/" + __VERSION__],
  screen: [screen.width, screen.height],
  offset: -new Date().getTimezoneOffset(),
});

// Campaign tags stay with the visit until other ones come.
export function tagged(visit, context) {
  TAGS.forEach((name, index) => {
    if (context[name]) visit.texts[2 + index] = clip(context[name], 128);
  });
}
