// What some browsers, or a page, do not have.
for (const name of ["PerformanceObserver", "IntersectionObserver", "requestIdleCallback", "scheduler"]) delete window[name];
navigator.sendBeacon = undefined;
