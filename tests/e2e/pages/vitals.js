// A layout shift that nobody asked for, a slow answer to a click, and a shift that was asked for.
const grow = (by) => (document.querySelector("#late").textContent += `${"A line that pushes the others down. ".repeat(by)}`);
setTimeout(() => grow(20), 300);
document.querySelector("#slow").addEventListener("click", () => {
  const end = performance.now() + 150;
  while (performance.now() < end);
});
document.querySelector("#shift").addEventListener("click", () => grow(10));
