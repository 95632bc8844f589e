// As hardened pages do.
for (const value of [Object, Array, String, Promise, Map, Set, history, History, Storage, EventTarget, Node, Element, console, JSON, Math]) {
  Object.freeze(value);
  if (value.prototype) Object.freeze(value.prototype);
}
