// A page that draws one placement itself, as frameworks do.
(window.attune = window.attune || []).push(["on", "placement", ({ placement, element, offers }) => {
  if (placement === "own") element.textContent = offers.map(({ id, content }) => `${id}: ${content.title}`).join() || "nothing";
}]);
