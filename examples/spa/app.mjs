// Three views behind one page. Attune is imported like any other package; views and clicks need no call.
import { attune, load } from 'attune-web'
import { Placement } from 'attune-vue'
import { createApp, h } from 'vue'
import { go, path } from './router.mjs'

const { site, address } = document.getElementById('app').dataset
load({ address, site })

const link = (to, text) => h('a', { href: to, onClick: (event) => (event.preventDefault(), go(to)) }, text)
const fill = (offer) => [h('h2', offer.content.title), offer.content.text ? h('p', offer.content.text) : null]

// A placement that stands in two views is two elements: each view decides for its own.
const hero = (key, text) =>
  h(Placement, { key, name: 'home-hero' }, { default: ({ offer }) => fill(offer), fallback: () => h('h2', text) })

const views = {
  '/': { title: 'Cards', category: '', draw: () => [h('h1', 'Cards'), hero('home', 'One card for ordinary days')] },
  '/cards': { title: 'The sky card', category: 'travel', draw: () => [h('h1', 'The sky card'), h('p', 'For people who are away.')] },
  '/offers': { title: 'Offers', category: '', draw: () => [h('h1', 'Offers'), hero('offers', 'Nothing today')] },
}

// What the view says of itself; the tag reads it once the address has changed.
function describe({ title, category }) {
  document.title = title
  const meta = document.querySelector('meta[property="product:category"]') ?? document.createElement('meta')
  meta.setAttribute('property', 'product:category')
  meta.content = category
  document.head.append(meta)
}

createApp(() => {
  const view = views[path.value] ?? views['/']
  describe(view)
  return [
    h('nav', [link('/', 'Home'), ' · ', link('/cards', 'The sky card'), ' · ', link('/offers', 'Offers')]),
    h('main', view.draw()),
    h('button', { id: 'allow', onClick: () => attune.consent({ measure: true, personalise: true }) }, 'Allow measuring and personal content'),
  ]
}).mount('#app')
