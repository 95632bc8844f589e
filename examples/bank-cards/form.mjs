// Reads a small posted form.

const MOST_BYTES = 64 * 1024

/** Resolves to URLSearchParams; anything too large reads as an empty form. */
export async function readForm(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= MOST_BYTES) chunks.push(chunk)
  }
  return new URLSearchParams(size <= MOST_BYTES ? Buffer.concat(chunks).toString('utf8') : '')
}
