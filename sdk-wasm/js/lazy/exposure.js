// Seen: at least half of the element (or of the window) visible for one second in a tab in front.

const SEEN_MS = 1_000;

export function watchExposure(element, seen) {
  let timer = 0;
  let visible = false;

  const judge = () => {
    clearTimeout(timer);
    if (visible && document.visibilityState === "visible") timer = setTimeout(finish, SEEN_MS);
  };
  const observer = new IntersectionObserver(
    (entries) => {
      const { intersectionRatio, intersectionRect, rootBounds } = entries[entries.length - 1];
      visible = intersectionRatio >= 0.5 || (rootBounds && intersectionRect.height >= rootBounds.height / 2);
      judge();
    },
    { threshold: [0, 0.25, 0.5, 0.75] },
  );
  const stop = () => {
    clearTimeout(timer);
    observer.disconnect();
    removeEventListener("visibilitychange", judge);
  };
  const finish = () => {
    stop();
    seen();
  };
  observer.observe(element);
  addEventListener("visibilitychange", judge);
  return stop;
}
