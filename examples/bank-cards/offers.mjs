// Prints this bank's offers as JSON: one per card, and one to continue an application.
//   node offers.mjs > offers.json
import { cards, findCard } from './cards.mjs'
import { offerContent } from './parts.mjs'
import { texts } from './text/index.mjs'

const PREFIX = { en: '', ko: '/ko' }

const RESUME = {
  en: { title: 'Continue your application', body: 'Your choices are still here. About five minutes left.', cta: 'Continue', badge: 'Unfinished' },
  ko: { title: '신청을 이어서 하세요', body: '선택하신 내용이 그대로 있습니다. 5분이면 끝납니다.', cta: '이어서 하기', badge: '작성 중' },
}

const inBoth = (make) => Object.fromEntries(Object.entries(texts).map(([lang, t]) => [lang, make(t, PREFIX[lang])]))

export const offers = [
  ...cards.map((card) => ({ id: card.id, category: card.category, content: inBoth((t, prefix) => offerContent(t, findCard(card.id), prefix)) })),
  { id: 'resume-application', category: 'service', content: inBoth((t, prefix) => ({ ...RESUME[t.lang], url: `${prefix}/apply`, image: '/art/range.svg', alt: '' })) },
]

export const offersText = `${JSON.stringify(offers, null, 2)}\n`

if (process.argv[1] && import.meta.url === new URL(process.argv[1], 'file:').href) process.stdout.write(offersText)
