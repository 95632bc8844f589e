import { cards } from './en-cards.mjs'
import { apply } from './en-apply.mjs'
import { help } from './en-help.mjs'

const won = (amount) => `₩${amount.toLocaleString('en')}`

export const en = {
  lang: 'en', other: 'ko', otherName: '한국어', locale: 'en_GB', brand: 'Haemil Card', won, cards, articles: help, apply,
  categories: { travel: 'Travel', shopping: 'Shopping', dining: 'Dining', everyday: 'Everyday', premium: 'Premium' },
  categoryLines: {
    travel: 'Flights, trains, other currencies', shopping: 'Groceries, malls, instalments', dining: 'Restaurants, cafés, delivery',
    everyday: 'Bills, transit, all the rest', premium: 'Lounges, hotels, concierge',
  },
  common: {
    skip: 'Skip to content', menu: 'Main', account: 'Account and settings', cards: 'Cards', compare: 'Compare', help: 'Help', searchLabel: 'Search cards and help', search: 'Search',
    signIn: 'Sign in', signOut: 'Sign out', hello: (name) => `Hello, ${name}`, personalised: 'Personalised content',
    why: 'Why this card?', apply: 'Apply', details: 'Details', home: 'Home', breadcrumb: 'You are here', page: (title) => `${title} · Haemil Card`,
  },
  figures: { rate: 'Cash back', fee: 'Yearly fee', noFee: 'None', cap: 'Most per month', noCap: 'No cap', spend: 'Spend in the month before', noSpend: 'Not needed', overseas: 'Overseas fee', noOverseas: 'None', income: 'Income from', perYear: (sum) => `${sum} a year` },
  home: {
    title: 'Haemil Card: credit cards without small print', description: 'Ten credit cards with clear rates, clear caps and one yearly fee.',
    notice: { title: 'Customer line', body: 'Open today until 18:00. Lost cards at any hour.', cta: 'Get help' },
    byCategory: 'What do you spend on?', byCategoryLead: 'Two cards for each answer. That is the whole range.',
    popular: 'Asked for most this month', all: 'All ten cards',
    month: 'A month, worked out', monthLead: 'A household of two, ₩1,550,000 in all. Each row is paid with the card that suits it, caps applied.',
    monthHead: ['Spending', 'Amount', 'Card', 'Back'], monthTotal: 'In total',
    monthRows: { 'dami-cart': 'Groceries and delivery', 'masi-table': 'Weekend restaurants', 'maru-home': 'Bills and phone', 'sora-road': 'Fuel and trains', 'maru-daily': 'The rest' },
    trust: [['One page of terms', 'Each card says what it costs and where its limits are, above the button.'], ['An answer in a day', 'We decide on one working day, and tell you why if it is no.'], ['14 days to change your mind', 'Send the card back and the yearly fee comes back to you.'], ['Someone awake', 'Lost cards are stopped at any hour, by a person.']],
  },
  catalogue: {
    title: 'Cards', lead: 'Ten cards. Every rate, cap and fee on this page is the one you get.', all: 'All', filter: 'Filter by category', pick: (name) => `Compare ${name}`, pickShort: 'Compare',
    compare: 'Compare chosen cards', pickHint: 'Choose two or three cards.', banner: { badge: 'New here', title: 'Not sure where to start?', body: 'Put two or three cards side by side, with every fee and cap in one table.', cta: 'Compare cards' },
    count: (n) => `${n} cards`,
  },
  detail: {
    apply: 'Apply for this card', compare: (name) => `Compare with ${name}`, benefits: 'What it does', costs: 'What it costs and what it takes',
    revolving: 'Revolving rate', revolvingValue: '5.9% to 19.5% a year', late: 'Late interest', lateValue: 'Agreed rate + 3%p, at most 20%', age: 'Age', ageValue: '19 or older', related: 'You may also like', 
    legal: 'Please read the product guide and terms before you sign. Using more credit than you can repay may lower your credit score. Late payment carries interest of at most 20% a year.',
  },
  compare: {
    title: 'Compare cards', lead: 'Two or three cards, the same questions.', choose: 'Cards to compare', button: 'Compare', none: 'Choose at least two cards to see them side by side.',
    tooMany: 'We compare three cards at most. Here are the first three.', unknown: 'Some of those cards are not ours, so they are left out.', remove: (name) => `Remove ${name}`, removeShort: 'Remove', category: 'Made for', gets: 'You also get', table: 'Comparison table', pairs: 'Often compared', and: 'and',
  },
  search: {
    title: 'Search', placeholder: 'Try “lounge”, “fee” or “lost card”', results: (n, q) => (n === 1 ? `1 result for “${q}”` : `${n} results for “${q}”`), empty: 'Type a word to search our cards and help pages.', none: 'Check the spelling, or try a broader word. These are asked for often:', card: 'Card', help: 'Help', suggestions: ['overseas', 'groceries', 'lounge', 'statement'],
  },
  help: { title: 'Help', lead: 'Six questions that cover most calls. For the rest, call 1500-0000.', more: 'Other questions', call: 'Still stuck? Call 1500-0000, 9:00 to 18:00 on working days.' },
  signIn: {
    title: 'Sign in', lead: 'This is a demo bank. Sign in as one of three invented customers.', user: 'User name', password: 'Password', button: 'Sign in', wrong: 'That name and password do not match. Use one from the list.', demo: 'Demo customers', demoPassword: 'Password for all three:', already: (name) => `You are signed in as ${name}.`,
    notes: { seoyeon: 'Travels every other month', dohyun: 'Shops online most evenings', haeun: 'Eats out at weekends' },
  },
  notFound: { title: 'We could not find that page', body: 'The address may have changed. These two usually help.' },
  refused: { title: 'That request did not come from this site', body: 'Please go back and try again.' },
  footer: {
    company: 'Haemil Card is an invented company. This site shows how Attune works on a bank’s pages; nothing you apply for here is real.', columns: 'Site', appearance: 'Appearance', themes: { auto: 'Auto', light: 'Light', dark: 'Dark' }, privacy: 'Privacy', resume: 'Continue an application',
    rules: 'Late interest is at most 20% a year. Using more credit than you can repay may lower your credit score.',
  },
  notice: { label: 'Personalisation notice', text: 'Content is chosen on your device. We count visits, never what you type into forms.', link: 'How it works', close: 'OK' },
  privacy: {
    title: 'Privacy', lead: 'What this site notices, where it stays and how to stop it.',
    sections: [
      ['Chosen on your device', 'Which card we show first is decided inside your browser, from the pages you looked at here. The list of what you looked at stays in your browser’s storage.'],
      ['What leaves, and when', 'With your consent, this site records that a page was opened, that an offer was seen and that a form was started, left or sent. It goes to our own address and to nobody else.'],
      ['What is never read', 'What you type into a form is not recorded: not your name, not your income, not a password. Only that a step was reached.'],
      ['After you sign in', 'Your visits are linked to a customer number that means nothing outside the bank. Signing out ends the link.'],
      ['No effect on credit', 'Nothing noticed here is used to decide whether you get a card, at which limit or at which rate.'],
    ],
    control: 'Your choice', controlBody: 'Turn personalised content off and every visitor’s standard page is what you see, at once.', forget: 'Forget this browser', forgetBody: 'Clears what this site has noticed, on this device and at the bank.', forgotten: 'Done. This browser has been forgotten.',
    cookies: 'What is stored', cookieHead: ['Name', 'For', 'Kept'],
    cookieRows: [['session', 'Keeps you signed in', 'Until you sign out'], ['application', 'The card you began to apply for', '7 days'], ['theme', 'Light or dark', '1 year'], ['haemil.personalise', 'Your personalisation choice', 'Until you clear it'], ['haemil.notice', 'That you have read the notice', 'Until you clear it'], ['haemil.customer', 'The customer number of this browser while signed in', 'Until you sign out'], ['haemil.draft', 'Choices in an unfinished application, never what you typed', '7 days']],
  },
}
