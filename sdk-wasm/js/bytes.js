// Bytes as text, one character each: what localStorage and JSON can hold.

export function toText(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export const encoder = new TextEncoder();
export const decoder = new TextDecoder();

export function toBytes(text) {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

export const fromBase64 = (text) => toBytes(atob(text.replace(/-/g, "+").replace(/_/g, "/")));

// The text of 16 bytes as people write a UUID.
export const uuidText = (text) =>
  [...toBytes(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

// Random bytes that are a UUID of `version`; drawn many at a time, because each drawing costs more than the bytes.
let random = [];
export function uuid(version) {
  if (!random.length) random = crypto.getRandomValues(new Uint8Array(512));
  const id = random.slice(0, 16);
  random = random.subarray(16);
  id[6] = (id[6] & 15) | (version << 4);
  id[8] = (id[8] & 63) | 128;
  return id;
}
