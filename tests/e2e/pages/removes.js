// A framework that owns its nodes.
addEventListener("DOMContentLoaded", () => {
  setInterval(() => {
    const place = document.querySelector("[data-attune-placement]");
    const fresh = document.createElement("div");
    fresh.dataset.attunePlacement = "home-hero";
    const title = document.createElement("h1");
    title.dataset.attuneText = "title";
    title.textContent = "The default";
    fresh.append(title);
    if (place) place.replaceWith(fresh);
    else document.body.append(fresh);
  }, 20);
});
