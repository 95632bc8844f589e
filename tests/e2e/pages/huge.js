// A page that is a spreadsheet, with a thousand tagged cells and a hundred placements.
addEventListener("DOMContentLoaded", () => {
  const all = document.createDocumentFragment();
  for (let index = 0; index < 10_000; index++) {
    const cell = document.createElement("span");
    cell.textContent = String(index);
    if (index % 10 === 0) cell.dataset.attuneEvent = "cell_opened";
    if (index % 100 === 0) cell.dataset.attunePlacement = "home-hero";
    all.append(cell);
  }
  document.body.append(all);
});
