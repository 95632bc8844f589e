// In place of the tag: takes away what it has left in this browser for this page's origin, and loads nothing. A site that
// parts with Attune serves it for a while before the line goes from its pages.
(() => {
  const { src, dataset } = document.currentScript;
  const { visitorCookie } = dataset;
  const site = dataset.site || new URL(src).searchParams.get("site");
  const safely = (work) => {
    try {
      work();
    } catch {}
  };
  for (const area of ["localStorage", "sessionStorage"])
    safely(() => {
      for (const name of Object.keys(window[area])) if (name.startsWith("attune:" + site + ":") || name === "attune:debug") window[area].removeItem(name);
    });
  // Keys of other sites on this origin stay, because their profiles do.
  safely(() => {
    const others = Object.keys(localStorage).some((name) => name.startsWith("attune:"));
    if (!others) indexedDB.deleteDatabase("attune");
  });
  if (visitorCookie) safely(() => (document.cookie = "attune_visitor=; max-age=0; path=/; domain=" + visitorCookie));
})();
