// The invented customers and who is signed in. Kept in memory; a restart signs everyone out.
import { randomBytes } from 'node:crypto'

export const DEMO_PASSWORD = 'haemil-demo'

export const customers = [
  { user: 'seoyeon', id: 'cust_8f21c7d4', names: { en: 'Seo-yeon Kim', ko: '김서연' } },
  { user: 'dohyun', id: 'cust_3b90ea56', names: { en: 'Do-hyun Lee', ko: '이도현' } },
  { user: 'haeun', id: 'cust_c5417f08', names: { en: 'Ha-eun Park', ko: '박하은' } },
]

const MOST_SESSIONS = 10_000
const sessions = new Map()

/** A new session token, or null when the name and password do not match. */
export function signIn(user, password) {
  const customer = customers.find((one) => one.user === user.trim().toLowerCase())
  if (!customer || password !== DEMO_PASSWORD) return null
  if (sessions.size >= MOST_SESSIONS) sessions.delete(sessions.keys().next().value)
  const token = randomBytes(18).toString('base64url')
  sessions.set(token, customer)
  return token
}

export function signOut(token) {
  sessions.delete(token)
}

export function customerOf(token) {
  return sessions.get(token) ?? null
}

export function readCookies(header) {
  const cookies = {}
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0) cookies[part.slice(0, at).trim()] = part.slice(at + 1).trim()
  }
  return cookies
}
