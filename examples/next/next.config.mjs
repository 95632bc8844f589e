// What begins with /attune/ goes to the collector, and every page has a strict policy. Pages of this router that webpack
// builds carry no script inline (Turbopack's do), so no nonce is needed. Trusted Types are not enforced: Next 16.4 itself
// sets the address of a script to text (its route-loader.js).
const POLICY = [
  "default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'", "object-src 'none'", "base-uri 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** @type {import("next").NextConfig} */
export default {
  poweredByHeader: false,
  outputFileTracingRoot: import.meta.dirname,
  rewrites: async () => [{ source: "/attune/:path*", destination: `${process.env.ATTUNE_COLLECTOR}/:path*` }],
  headers: async () => [{ source: "/((?!attune/).*)", headers: [{ key: "content-security-policy", value: POLICY }] }],
};
