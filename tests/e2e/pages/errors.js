document.querySelector("#throw").addEventListener("click", () => {
  throw new TypeError("the card is not defined");
});
document.querySelector("#reject").addEventListener("click", () => Promise.reject(new Error("no offer")));
