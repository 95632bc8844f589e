// Card art: a motif, a chip, our mark and the card's name, as one SVG document.
import { HEIGHT, WIDTH, motifs } from './motifs.mjs'

const FONT = `-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif`

/** `name` is the Latin product name printed on the plastic. */
export function cardArt(card, name) {
  const { motif, colours, line, ink, seed } = card.art
  const stops = colours.map((colour, i) =>
    `<stop offset="${Math.round((i / (colours.length - 1)) * 100)}%" stop-color="${colour}"/>`).join('')
  const upright = motif === 'horizon'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">
<defs>
<linearGradient id="base" x1="0" y1="0" x2="${upright ? '0.12' : '1'}" y2="1">${stops}</linearGradient>
<linearGradient id="ground" x1="0" y1="0" x2="0.1" y2="1"><stop offset="0" stop-color="${colours[1]}" stop-opacity="0.82"/><stop offset="1" stop-color="${colours[0]}"/></linearGradient>
<radialGradient id="glow"><stop offset="0" stop-color="${colours.at(-1)}" stop-opacity="0.55"/><stop offset="1" stop-color="${colours.at(-1)}" stop-opacity="0"/></radialGradient>
<linearGradient id="gloss" x1="0" y1="0" x2="1" y2="0.9"><stop offset="0" stop-color="#fff" stop-opacity="0.13"/><stop offset="0.36" stop-color="#fff" stop-opacity="0.02"/><stop offset="0.62" stop-color="#fff" stop-opacity="0.09"/><stop offset="1" stop-color="#000" stop-opacity="0.14"/></linearGradient>
<linearGradient id="metal" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f7ecd0"/><stop offset="0.45" stop-color="#d8bd86"/><stop offset="1" stop-color="#f0deb4"/></linearGradient>
<clipPath id="edge"><rect width="${WIDTH}" height="${HEIGHT}" rx="34"/></clipPath>
</defs>
<g clip-path="url(#edge)"><rect width="${WIDTH}" height="${HEIGHT}" fill="url(#base)"/>${motifs[motif]({ line, seed })}<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#gloss)"/></g>
<rect x="1" y="1" width="${WIDTH - 2}" height="${HEIGHT - 2}" rx="33" fill="none" stroke="#fff" stroke-opacity="0.28" stroke-width="2"/>
${chip(58, 208)}${contactless(176, 246, ink)}${mark(58, 52, 46, ink)}
<text x="120" y="87" font-family="${FONT}" font-size="33" font-weight="600" letter-spacing="0.5" fill="${ink}">haemil</text>
<text x="58" y="486" font-family="${FONT}" font-size="38" font-weight="600" letter-spacing="0.4" fill="${ink}">${name}</text>
<text x="${WIDTH - 58}" y="486" text-anchor="end" font-family="${FONT}" font-size="21" font-weight="500" letter-spacing="4" fill="${ink}">CREDIT</text>
</svg>`
}

/** Three cards fanned out, for places that speak of the whole range. */
export function rangeArt(three) {
  const leaves = three.map((card, i) => {
    const stops = card.art.colours.map((colour, n) =>
      `<stop offset="${Math.round((n / (card.art.colours.length - 1)) * 100)}%" stop-color="${colour}"/>`).join('')
    return `<linearGradient id="leaf${i}" x1="0" y1="0" x2="1" y2="1">${stops}</linearGradient>`
  })
  const cards = three.map((card, i) => `<g transform="translate(${92 + i * 66} ${62 + i * 46}) scale(0.92) rotate(${-10 + i * 6} 280 176)">
<rect width="560" height="353" rx="24" fill="#04121c" fill-opacity="0.16" transform="translate(0 9)"/><rect width="560" height="353" rx="24" fill="url(#leaf${i})"/><rect x="1" y="1" width="558" height="351" rx="23" fill="none" stroke="#fff" stroke-opacity="0.35" stroke-width="2"/>${mark(36, 32, 42, card.art.ink)}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"><defs>${leaves.join('')}</defs>${cards.join('')}</svg>`
}

/** The sun over water, drawn in a square of the given size. */
export function mark(x, y, size, ink) {
  const k = size / 46
  return `<g transform="translate(${x} ${y}) scale(${k})" fill="${ink}"><path d="M5 25a18 18 0 0 1 36 0z"/><rect x="3" y="29.500" width="40" height="4" rx="2"/><rect x="12" y="37.500" width="22" height="4" rx="2"/></g>`
}

function chip(x, y) {
  return `<g transform="translate(${x} ${y})"><rect width="98" height="76" rx="15" fill="url(#metal)"/>
<path d="M0 26H32M0 50H32M66 26H98M66 50H98M32 12V64M66 12V64M32 12Q32 0 44 0M66 12Q66 0 54 0M32 64Q32 76 44 76M66 64Q66 76 54 76M32 26Q49 34 66 26M32 50Q49 42 66 50" fill="none" stroke="#8d6f39" stroke-opacity="0.75" stroke-width="1.8"/>
<rect x="0.900" y="0.900" width="96.200" height="74.200" rx="14.200" fill="none" stroke="#fff" stroke-opacity="0.5" stroke-width="1.400"/></g>`
}

function contactless(x, y, ink) {
  const arcs = [12, 22, 32].map((r) => `<path d="M${r * 0.7} ${-r}A${r * 1.5} ${r * 1.5} 0 0 1 ${r * 0.7} ${r}"/>`).join('')
  return `<g transform="translate(${x} ${y})" fill="none" stroke="${ink}" stroke-opacity="0.85" stroke-width="4.500" stroke-linecap="round">${arcs}</g>`
}
