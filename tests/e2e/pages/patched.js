// Monitoring that breaks what it watches.
const realFetch = window.fetch;
let asked = 0;
window.fetch = function (...values) {
  if (++asked % 3 === 0) throw new Error("the monitor is not ready");
  return realFetch.apply(this, values);
};
const push = history.pushState;
history.pushState = function (...values) {
  push.apply(history, values);
  return "not undefined";
};
navigator.sendBeacon = () => {
  throw new Error("no beacons");
};
window.MutationObserver = class extends window.MutationObserver {
  observe(...values) {
    return super.observe(...values);
  }
};
