// How much may be captured where, by the site's rules: 0 nothing, 1 page views and what is shown, 2 also clicks, searches
// and what the page tells by name, 3 also forms, 4 also time in front, scrolling, vitals and errors, 5 also the
// properties that the site declares.

const ALL = 5;
const VIEWS = 1;

// The least level at which an event of this name is captured.
export const needed = (name) =>
  /^((page|item)_viewed|offer_.*|identified|aliased|group_joined|token_refused)$/.test(name) ? VIEWS
  : /^form_/.test(name) ? 3
  : /^(page_left|vitals_measured|error_raised|promotion_viewed)$/.test(name) ? 4
  : 2;

// Whether a path is one of the rule's, where `*` stands for any characters.
export const onPath = (rule, path) =>
  !rule || new RegExp("^" + rule.replace(/[^*\w/]/g, "\\$&").replace(/\*/g, ".*") + "$").test(path);

export function openLevels() {
  let rules = null; // Of a bundle, most specific first; without one nobody knows of more than views.
  let last = {};

  function find({ url, category }) {
    const { protocol, pathname } = new URL(url);
    const scheme = protocol.slice(0, -1);
    const rule = (rules || []).find(
      ([, path, kind, by]) => onPath(path, pathname) && (!kind || kind === category) && (!by || by === scheme),
    );
    const [level, by] = rule ? [rule[0], "rule"] : rules ? [ALL, "default"] : [VIEWS, "no_bundle"];
    // What anybody on the way may read.
    return !isSecureContext && level > VIEWS ? { level: VIEWS, by: "http", rule } : { level, by, rule };
  }

  return {
    learn(capture) {
      rules = capture.levels || [];
      last = {};
    },
    // The level at `place`, an address and the category the page says of itself, and which rule says so.
    at(place) {
      if (last.place !== place) last = { place, ...find(place) };
      return last;
    },
  };
}
