// Forms: what tells of them is a part, loaded when a page with one has time, or somebody enters one; what happens before
// it is there is kept for it.

import { guard, listen, nothing } from "../safe.js";

const ABSENT = { hear: nothing, leave: nothing };

let named = []; // Selectors and names that the site gives.
export const nameForms = (names = []) => (named = names);

// `load` gets the part, js/lazy/form.js. Returns what is called to have it in time, and when the page is left.
export function watchForms(record, load) {
  let forms = null;
  let loading = null;
  const missed = [];
  const prepare = () =>
    (loading =
      loading ||
      load()
        .then(({ openForms }) => openForms(record, () => named))
        .catch(() => ABSENT)
        .then((opened) => {
          forms = opened;
          for (const what of missed.splice(0)) guard(() => forms.hear(...what));
        }));

  function hear(event) {
    const path = event.composedPath();
    const [element] = path;
    for (const node of path) if (node.nodeType > 8) watch(node);
    if (!element.form && event.type !== "submit") return;
    const what = [event, element, Date.now()];
    if (forms) return forms.hear(...what);
    missed.push(what);
    prepare();
  }

  // Outside of a shadow tree nobody hears of these, nor of a focus that stays within.
  const watched = new WeakSet([document]);
  function watch(tree) {
    if (watched.has(tree)) return;
    watched.add(tree);
    for (const name of ["focusin", "change", "invalid", "submit"]) listen(name, hear, true, tree);
  }
  watch(window);
  return [prepare, () => forms && forms.leave()];
}
