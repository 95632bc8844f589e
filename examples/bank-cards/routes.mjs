// Which page answers which path (the path is without its language).
import * as apply from './pages/apply.mjs'
import * as account from './pages/account.mjs'
import { cardPage } from './pages/card.mjs'
import { cataloguePage } from './pages/catalogue.mjs'
import { comparePage } from './pages/compare.mjs'
import { articlePage, helpPage } from './pages/help.mjs'
import { homePage } from './pages/home.mjs'
import { privacyPage } from './pages/privacy.mjs'
import { searchPage } from './pages/search.mjs'

const routes = [
  ['GET', /^\/$/, homePage],
  ['GET', /^\/cards$/, (page) => cataloguePage(page, page.query.get('category'))],
  ['GET', /^\/cards\/category\/([a-z]+)$/, cataloguePage],
  ['GET', /^\/cards\/([a-z-]+)$/, cardPage],
  ['GET', /^\/compare$/, comparePage],
  ['GET', /^\/apply$/, apply.choose],
  ['GET', /^\/apply\/([a-z-]+)$/, apply.form],
  ['POST', /^\/apply\/([a-z-]+)$/, apply.send],
  ['GET', /^\/apply\/([a-z-]+)\/thanks$/, apply.thanks],
  ['GET', /^\/search$/, searchPage],
  ['GET', /^\/help$/, helpPage],
  ['GET', /^\/help\/([a-z-]+)$/, articlePage],
  ['GET', /^\/privacy$/, privacyPage],
  ['GET', /^\/sign-in$/, account.signInPage],
  ['POST', /^\/sign-in$/, account.signInPost],
  ['POST', /^\/sign-out$/, account.signOutPost],
  ['POST', /^\/theme$/, account.themePost],
]

/** A function (page, request) for the route, or null. */
export function findRoute(method, path) {
  const wanted = method === 'HEAD' ? 'GET' : method
  for (const [routeMethod, pattern, show] of routes) {
    const match = routeMethod === wanted && pattern.exec(path)
    if (match) return (page, request) => show(page, ...match.slice(1), request)
  }
  return null
}
