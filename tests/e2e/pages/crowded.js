// As an old library's handlers do with `return false`: the form is sent by a request, and nobody else hears of it.
const on = (selector, act) => document.querySelector(selector).addEventListener("submit", act);
const silently = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};
on("#ajax", silently);
on("#refusing", (event) => {
  silently(event);
  document.querySelector("[name=limit]").setAttribute("aria-invalid", "true");
});
on("#spread", silently);
on("[name=clobbered]", (event) => event.preventDefault());
