// Sign-in, sign-out and the light or dark choice.
import { readForm } from '../form.mjs'
import { html } from '../html.mjs'
import { breadcrumb } from '../parts.mjs'
import { DEMO_PASSWORD, customers, signIn, signOut } from '../session.mjs'

const YEAR_S = 31_536_000

export function signInPage(page, wrong = false) {
  const { t } = page
  const words = t.signIn
  const failed = wrong === true
  const described = failed && html` aria-invalid="true" aria-describedby="sign-in-error"`
  return { status: failed ? 401 : 200, view: { title: words.title, main: html`<div class="wrap page">
${breadcrumb(page, [[t.common.home, '/'], [words.title]])}
<div class="sign-in"><div>
<h1>${words.title}</h1><p class="lead">${words.lead}</p>
${page.customer && html`<p class="note">${words.already(page.customer.names[t.lang])}</p>`}
<form id="sign-in" name="sign-in" method="post" action="${page.href('/sign-in')}">
${failed && html`<p class="error" id="sign-in-error" role="alert">${words.wrong}</p>`}
<p class="field"><label for="user">${words.user}</label><input id="user" name="user" autocomplete="username" autocapitalize="none" required${described}></p>
<p class="field"><label for="password">${words.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required${described}></p>
<p><button class="button">${words.button}</button></p></form></div>
<aside class="panel"><h2>${words.demo}</h2><ul class="people">${customers.map((one) => html`<li><code>${one.user}</code><strong>${one.names[t.lang]}</strong><span>${words.notes[one.user]}</span></li>`)}</ul><p>${words.demoPassword} <code>${DEMO_PASSWORD}</code></p></aside>
</div></div>` } }
}

export async function signInPost(page, request) {
  const form = await readForm(request)
  const token = signIn(form.get('user') ?? '', form.get('password') ?? '')
  if (!token) return signInPage(page, true)
  return { redirect: page.href('/'), cookies: [`session=${token}; Path=/; HttpOnly; SameSite=Lax`] }
}

export function signOutPost(page) {
  signOut(page.cookies.session)
  return { redirect: page.href('/'), cookies: ['session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0'] }
}

export async function themePost(page, request) {
  const form = await readForm(request)
  const theme = form.get('theme')
  const back = form.get('back') ?? ''
  const kept = ['light', 'dark'].includes(theme)
  return {
    redirect: /^\/(?![/\\])[\x21-\x7e]*$/.test(back) ? back : page.href('/'),
    cookies: [`theme=${kept ? theme : ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${kept ? YEAR_S : 0}`],
  }
}
