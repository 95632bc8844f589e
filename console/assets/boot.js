// Starts the console: theme and language first, so that nothing flashes, then the module.
import start from "./pkg/attune_console.js";

const page = document.documentElement;
const kept = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
const theme = kept("attune-theme");
if (theme === "light" || theme === "dark") page.dataset.theme = theme;
const lang = kept("attune-lang") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
page.lang = lang === "ko" ? "ko" : "en";

start({ module_or_path: new URL(__WASM__, import.meta.url) }).catch(() => {
  const note = document.createElement("p");
  note.setAttribute("role", "alert");
  note.className = "boot-failed";
  note.textContent =
    page.lang === "ko"
      ? "콘솔을 시작하지 못했습니다. 브라우저가 웹어셈블리를 허용하는지 확인한 뒤 새로 고침하세요."
      : "The console did not start. Check that this browser allows WebAssembly, then reload.";
  document.body.replaceChildren(note);
});
