// Parametric line patterns in the manner of banknote engraving.
// Each takes { line, seed } and returns SVG for an 856 × 540 card.

export const WIDTH = 856
export const HEIGHT = 540

const TAU = Math.PI * 2
const round = (value) => Math.round(value * 10) / 10

function curve(points) {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
}

function across(step, y) {
  const points = []
  for (let x = -step; x <= WIDTH + step; x += step) points.push([x, y(x)])
  return curve(points)
}

function lines(line, width, opacity, paths) {
  return `<g fill="none" stroke="${line}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linejoin="round">${paths.join('')}</g>`
}

/** A low sun over layered ground: sky for the first seed, hills and a road for the second. */
function horizon({ line, seed }) {
  const sky = seed === 1
  const sun = sky ? { x: 596, y: 300, r: 118 } : { x: 522, y: 222, r: 84 }
  const rings = Array.from({ length: 22 }, (_, i) =>
    `<circle cx="${sun.x}" cy="${sun.y}" r="${sun.r + 14 + i * (10 + i * 0.9)}" stroke-opacity="${round((0.42 - i * 0.018) * 100) / 100}"/>`)
  const waves = Array.from({ length: 34 }, (_, i) => {
    const depth = i / 33
    const top = 322 + depth * depth * 250
    return `<path d="${across(12, (x) => top
      + Math.sin(x / (210 - 70 * depth) + i * (sky ? 0.21 : 0.09) + seed) * (9 + 30 * depth)
      + Math.sin(x / 92 + i * 0.34) * (sky ? 4 : 10) * (1 - depth))}" stroke-opacity="${round((0.75 - depth * 0.5) * 100) / 100}"/>`
  })
  const ground = across(12, (x) => 322 + Math.sin(x / 210 + seed) * 9 + Math.sin(x / 92) * (sky ? 4 : 10))
  return `<circle cx="${sun.x}" cy="${sun.y}" r="${sun.r}" fill="#fff3d6" fill-opacity="0.86"/>`
    + `<circle cx="${sun.x}" cy="${sun.y}" r="${sun.r * 1.9}" fill="url(#glow)"/>`
    + lines(line, 0.9, 0.5, rings)
    + `<path d="${ground}L868 560L-12 560Z" fill="url(#ground)"/>`
    + lines(line, 1.1, 0.6, waves)
}

/** Two bundles of sine threads that cross, as on a bolt of cloth. */
function weave({ line, seed }) {
  const bundle = (count, centre, phase, period) => Array.from({ length: count }, (_, i) => {
    const shift = (i / count) * TAU
    return `<path d="${across(9, (x) => centre
      + Math.sin(x / period + phase) * 74
      + Math.sin(x / (period * 0.36) + shift) * (34 + 62 * Math.sin((x / WIDTH) * Math.PI + seed * 0.4) ** 2))}"/>`
  })
  const threads = Array.from({ length: 30 }, (_, i) => `<path d="M${i * 46 - 340} -10L${i * 46 + 60} 560"/>`)
  return lines(line, 0.7, 0.16, threads)
    + lines(line, 1, 0.5, bundle(14, 300, seed, 190))
    + lines(line, 1, 0.34, bundle(14, 268, seed + 2.1, 236))
}

/** Guilloché rings around a plate: one closed curve turned many times. */
function rosette({ line, seed }) {
  const centre = seed === 1 ? [610, 282] : [638, 250]
  const ring = (radius, depth, petals, turns, opacity, width) => {
    const points = Array.from({ length: 361 }, (_, i) => {
      const angle = (i / 360) * TAU
      const r = radius + depth * Math.sin(petals * angle)
      return [r * Math.cos(angle), r * Math.sin(angle)]
    })
    const id = `r${Math.round(radius)}`
    const turned = Array.from({ length: turns }, (_, i) =>
      `<use href="#${id}" transform="rotate(${round((i / turns) * (360 / petals) * 10) / 10})"/>`)
    return `<defs><path id="${id}" d="${curve(points)}Z"/></defs>` + lines(line, width, opacity, turned)
  }
  const fine = seed === 1 ? [12, 18, 9] : [8, 24, 16]
  return `<g transform="translate(${centre[0]} ${centre[1]})">`
    + `<circle r="400" fill="url(#glow)"/>`
    + ring(352, 46, fine[1] * 2, 5, 0.26, 0.8)
    + ring(250, 44, fine[1], 8, 0.42, 0.9)
    + ring(150, 42, fine[0], 10, 0.5, 0.9)
    + ring(66, 36, fine[2], 9, 0.6, 0.8)
    + '</g>'
}

/** Wood grain: level lines that flow around knots. */
function grain({ line, seed }) {
  const knots = seed === 1 ? [[610, 210, 120, 64], [250, 420, 170, 60]] : [[330, 190, 150, 58], [690, 380, 110, 72]]
  const push = (x, y, base) => knots.reduce((sum, [kx, ky, w, h]) => {
    const near = Math.exp(-(((x - kx) / w) ** 2) - ((y - ky) / (h * 1.6)) ** 2)
    return sum + (base >= ky ? 1 : -1) * h * near
  }, 0)
  const paths = Array.from({ length: 58 }, (_, i) => {
    const base = -40 + i * 11
    const strong = i % 5 === 0 ? 0.46 : 0.24
    return `<path d="${across(12, (x) => {
      const y = base + Math.sin(x / 240 + seed + i * 0.03) * 12
      return y + push(x, y, base)
    })}" stroke-opacity="${strong}"/>`
  })
  const hearts = knots.map(([x, y, w, h]) => [0.2, 0.42, 0.64].map((k) =>
    `<ellipse cx="${x}" cy="${y}" rx="${round(w * k)}" ry="${round(h * k * 1.1)}" stroke-opacity="0.3"/>`).join(''))
  return lines(line, 1, 0.4, paths) + lines(line, 1, 0.4, hearts)
}

/** Two families of circles a little apart: their interference is the picture. */
function moire({ line, seed }) {
  const family = (cx, cy, gap) => Array.from({ length: 74 }, (_, i) => `<circle cx="${cx}" cy="${cy}" r="${round(8 + i * gap)}"/>`)
  const [a, b] = seed === 1 ? [[600, 250], [648, 282]] : [[690, 470], [748, 430]]
  return `<circle cx="${a[0]}" cy="${a[1]}" r="460" fill="url(#glow)"/>`
    + lines(line, 0.9, 0.34, family(a[0], a[1], 9))
    + lines(line, 0.9, 0.34, family(b[0], b[1], 9.15))
}

export const motifs = { horizon, weave, rosette, grain, moire }
