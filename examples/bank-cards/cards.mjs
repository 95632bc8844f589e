// The ten cards. `cards.json` is the only list of ids, categories and figures.
import { readFileSync } from 'node:fs'

export const CATEGORIES = ['travel', 'shopping', 'dining', 'everyday', 'premium']

export const cards = JSON.parse(readFileSync(new URL('./cards.json', import.meta.url), 'utf8'))

const byId = new Map(cards.map((card) => [card.id, card]))

export function findCard(id) {
  return byId.get(id) ?? null
}

export function cardsIn(category) {
  return cards.filter((card) => card.category === category)
}

/** The other card of the same category. */
export function siblingOf(card) {
  return cardsIn(card.category).find((other) => other.id !== card.id)
}
