const days = ['1', '5', '10', '14', '25']

export const apply = {
  title: (name) => `Apply for ${name}`, choose: 'Which card would you like?', chooseLead: 'Pick one to begin. It takes about five minutes.', another: 'Choose another card', save: 'Choices are kept on this device for 7 days. What you type is not.',
  progress: 'Steps', stepOf: (n, all, title) => `Step ${n} of ${all}: ${title}`, next: 'Continue', back: 'Back', submit: 'Send application', edit: 'Change', optional: 'optional', pick: 'Please choose', errors: 'Please check these answers', notGiven: 'Not given',
  steps: { eligibility: 'Eligibility', personal: 'Personal details', contact: 'Contact', delivery: 'Delivery and review' },
  leads: { eligibility: 'Four quick questions, so that you do not fill in a form for nothing.', personal: 'As on your ID, please.', contact: 'Where we tell you the answer.', delivery: 'Where the card goes, and a last look.' },
  labels: {
    residency: 'Where do you live?', employment: 'What do you do?', employer: 'Employer or business name', income: 'Yearly income before tax', full_name: 'Full name', card_name: 'Name on the card', birth_date: 'Date of birth',
    phone: 'Mobile phone', email: 'E-mail', postcode: 'Postcode', address: 'Address', contact_time: 'Best time to call', delivery: 'Deliver the card to', payment_day: 'Payment day', statement: 'Statements by', terms: 'I have read the product guide and the terms', credit_check: 'I agree to a credit check for this application',
  },
  hints: { income: 'In won, for example 42,000,000', card_name: 'In Latin letters, as in your passport', birth_date: 'You need to be 19 or older', phone: 'For example 010-1234-5678', postcode: 'Five digits', email: 'We send the decision here' },
  options: {
    residency: { resident: 'In Korea', abroad: 'Abroad, with Korean nationality', foreign: 'In Korea, with another nationality' },
    employment: { employed: 'Employed', self: 'Self-employed', student: 'Student', retired: 'Retired', other: 'Something else' },
    contact_time: { any: 'Any time', morning: 'Morning', afternoon: 'Afternoon', evening: 'After 18:00' },
    delivery: { home: 'My address', work: 'My workplace', branch: 'A branch, I will collect it' },
    payment_day: Object.fromEntries(days.map((day) => [day, `Day ${day} of the month`])),
    statement: { email: 'E-mail', post: 'Post' },
  },
  messages: { required: 'Please fill this in.', choose: 'Please choose one.', agree: 'Please tick this to go on.', email: 'That does not look like an e-mail address.', phone: 'Please give a mobile number such as 010-1234-5678.', postcode: 'A postcode has five digits.', income: 'Please give a whole number in won.', age: 'You need to be 19 or older to apply.', date: 'Please give a real date.', latin: 'Please use Latin letters only.' },
  review: 'Your answers', agreements: 'Agreements',
  thanks: { title: 'Thank you. Your application is in.', body: 'We answer within one working day, by e-mail and text message. Nothing else is needed from you now.', what: 'What happens next', steps: ['We check your identity and income.', 'You get our answer, with the limit and the rate.', 'The card arrives two to four working days later.'], number: 'Reference', home: 'Back to home', help: 'After you apply' },
}
