// What must not fail.

export const nothing = () => {};

// Hears `name` everywhere (or in `where`), before the page does unless `options` say otherwise.
export const listen = (name, react, options = true, where = window) =>
  where.addEventListener(name, (event) => guard(() => react(event)), options);

// What `work` returns, or nothing if it throws.
export function guard(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}
