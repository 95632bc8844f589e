// A map that writes where it is into the address, without a pause.
setInterval(() => history.replaceState({}, "", `?x=${Math.round(performance.now())}`), 55);
document.querySelector("#open").addEventListener("click", () => history.pushState({}, "", "/storm/branch"));
