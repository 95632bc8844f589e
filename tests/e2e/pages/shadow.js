// A design system: a form in a shadow tree, and in it a component with one of its own. Nothing outside of them changes.
const element = (name, properties) => Object.assign(document.createElement(name), properties);

customElements.define(
  "bank-switch",
  class extends HTMLElement {
    connectedCallback() {
      const [works, broken] = [element("button", { id: "works", type: "button", textContent: "Off" }), element("button", { id: "broken", type: "button" })];
      works.onclick = () => (works.textContent = "On");
      this.attachShadow({ mode: "open" }).append(works, broken);
    }
  },
);
customElements.define(
  "bank-form",
  class extends HTMLElement {
    connectedCallback() {
      const form = element("form", { id: "loan", action: "/answer" });
      const refused = element("p", { id: "refused" });
      form.append(element("input", { name: "amount", id: "amount" }), element("input", { name: "city", id: "city", required: true }));
      form.append(element("bank-switch"), element("button", { id: "send", textContent: "Send" }), refused);
      form.addEventListener("submit", (event) => event.preventDefault());
      this.attachShadow({ mode: "open" }).append(form);
    }
  },
);
