// A browser that keeps no keys.
Object.defineProperty(window, "indexedDB", { value: undefined });
