document.querySelector("#alive").addEventListener("click", ({ target }) => (target.textContent = "Happened"));
document.querySelector("#asks").addEventListener("click", () => fetch("/answer"));
document.querySelector("#gone").addEventListener("pointerdown", ({ target }) => {
  target.addEventListener("click", () => target.remove());
});
customElements.define(
  "shadow-card",
  class extends HTMLElement {
    connectedCallback() {
      const button = document.createElement("button");
      button.id = "inside";
      button.textContent = "In the shadow";
      this.attachShadow({ mode: "open" }).append(button);
    }
  },
);
