const on = (id, act) => document.querySelector(id).addEventListener("click", act);
on("#push", () => {
  history.pushState({}, "", "/routes/two?q=gold%20card&utm_source=none");
  document.title = "Two";
});
on("#storm", () => {
  for (let step = 0; step < 100; step++) history.replaceState({}, "", `/routes/three?step=${step}`);
});
on("#hash", () => (location.hash = "#/four"));
on("#anchor", () => (location.hash = "#five"));
