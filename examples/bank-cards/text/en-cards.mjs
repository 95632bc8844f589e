// English words about each card. Figures come from cards.json.
// offer: [title, body, call to action, badge]

export const cards = {
  'sora-sky': {
    name: 'Sora Sky',
    line: 'For people who pay in other currencies as often as their own.',
    rateOn: 'back on flights and hotels',
    benefits: [
      ['No overseas fee', 'Pay in any currency at the network rate. We add nothing.'],
      ['Two lounge visits a year', 'At 1,200 airport lounges, for you and one guest.'],
      ['Travel insurance', 'Trips of up to 30 days paid with the card are covered, delays included.'],
      ['Airport car', 'One ride to Incheon or Gimpo each year at half price.'],
    ],
    offer: ['Fly lighter with Sora Sky', '2% back on flights and hotels, and no overseas fee wherever you pay.', 'See Sora Sky', 'Travel'],
  },
  'sora-road': {
    name: 'Sora Road',
    line: 'For the train, the motorway and the long way home.',
    rateOn: 'back on rail, fuel and charging',
    benefits: [
      ['Every train', 'KTX, SRT and regional rail, booked in any app.'],
      ['Fuel and charging', 'The same rate at the pump and at public chargers.'],
      ['Tolls and parking', 'Counted as rail and fuel, with nothing to register.'],
      ['Roadside help', 'Five free call-outs a year, day or night.'],
    ],
    offer: ['The road trip card', '5% back on trains, fuel and charging. Roadside help comes with it.', 'See Sora Road', 'Travel'],
  },
  'dami-cart': {
    name: 'Dami Cart',
    line: 'For the weekly shop and what arrives before dawn.',
    rateOn: 'back on groceries and delivery',
    benefits: [
      ['Supermarkets and markets', 'Large chains, local markets and fresh-food delivery alike.'],
      ['Dawn delivery', 'Delivery memberships count at the full rate.'],
      ['Price promise', 'We pay the difference if your basket is cheaper within 7 days.'],
      ['Family card', 'A second card for someone at home at no extra fee.'],
    ],
    offer: ['7% off the weekly shop', 'Groceries, markets and dawn delivery, up to ₩15,000 back a month.', 'See Dami Cart', 'Shopping'],
  },
  'dami-mall': {
    name: 'Dami Mall',
    line: 'For department stores, online malls and paying over time.',
    rateOn: 'back at online malls and department stores',
    benefits: [
      ['Interest-free instalments', 'Two to six months on purchases above ₩50,000.'],
      ['Purchase cover', 'Damage and theft covered for 90 days from purchase.'],
      ['Easy returns', 'Return postage repaid up to four times a year.'],
      ['Overseas malls', 'A lower 0.8% overseas fee when you order direct.'],
    ],
    offer: ['Shop now, pay evenly', '5% back at online malls, with interest-free instalments of two to six months.', 'See Dami Mall', 'Shopping'],
  },
  'masi-table': {
    name: 'Masi Table',
    line: 'For weekends that happen around a table.',
    rateOn: 'back at restaurants on weekends',
    benefits: [
      ['Weekend dinners', '10% from Friday 17:00 to Sunday, 3% on other days.'],
      ['Held tables', 'A table kept until 17:00 at 140 partner restaurants.'],
      ['Delivery too', 'Orders through delivery apps count as restaurants.'],
      ['Split the bill', 'Send a share request to the table from the app.'],
    ],
    offer: ['Dinner is 10% lighter', 'Weekend restaurants and delivery, up to ₩25,000 back a month.', 'See Masi Table', 'Dining'],
  },
  'masi-cafe': {
    name: 'Masi Café',
    line: 'For the first coffee, and the one after lunch.',
    rateOn: 'back at cafés and bakeries',
    benefits: [
      ['Any café', 'Chains and neighbourhood cafés. No list to check.'],
      ['Bakeries', 'Bread, cake and sandwiches at the same rate.'],
      ['Morning bonus', 'One more percent before 09:00 on working days.'],
      ['Small yearly fee', 'About the price of two coffees.'],
    ],
    offer: ['Your coffee, 20% less', 'Every café and bakery counts, chain or neighbourhood.', 'See Masi Café', 'Dining'],
  },
  'maru-daily': {
    name: 'Maru Daily',
    line: 'For everything, with no fee and nothing to keep track of.',
    rateOn: 'back on everything',
    benefits: [
      ['No yearly fee', 'Not this year and not the next.'],
      ['No conditions', 'No monthly spend to reach and no cap on what you get back.'],
      ['Paid every month', 'Cash back lands in your account on payment day.'],
      ['Transit built in', 'Tap on buses and the metro with the same card.'],
    ],
    offer: ['One card for ordinary days', '1% back on everything. No yearly fee, no conditions, no cap.', 'See Maru Daily', 'Everyday'],
  },
  'maru-home': {
    name: 'Maru Home',
    line: 'For the bills that arrive whatever you do.',
    rateOn: 'back on utilities, phone and internet',
    benefits: [
      ['Household bills', 'Electricity, gas, water and building maintenance.'],
      ['Phone and internet', 'Every carrier, budget carriers included.'],
      ['One-step switch', 'We move your automatic payments for you.'],
      ['Bill watch', 'A note when a bill is a fifth higher than last year.'],
    ],
    offer: ['10% off the bills', 'Electricity, gas, phone and internet, up to ₩20,000 back a month.', 'See Maru Home', 'Everyday'],
  },
  'bora-reserve': {
    name: 'Bora Reserve',
    line: 'For people who would rather make one call.',
    rateOn: 'back on everything, uncapped',
    benefits: [
      ['A named concierge', 'One person who knows your plans, reached in two rings.'],
      ['Lounges without limit', 'You and two guests, at 1,400 airports.'],
      ['Yearly gift', '₩200,000 to spend on hotels, dining or golf.'],
      ['Hotel standing', 'Upper tier at three hotel groups from the first night.'],
    ],
    offer: ['Time, kept in reserve', 'A named concierge, lounges without limit and 2% back on everything.', 'See Bora Reserve', 'Premium'],
  },
  'bora-signature': {
    name: 'Bora Signature',
    line: 'For good hotels, good seats and a fee that pays for itself.',
    rateOn: 'back on everything, 3% at hotels',
    benefits: [
      ['Yearly gift', '₩100,000 for hotels, dining or performances.'],
      ['Six lounge visits a year', 'With one guest each time.'],
      ['Hotels at 3%', 'Double the base rate at any hotel you book yourself.'],
      ['Performance seats', 'Two weeks of early booking at four concert halls.'],
    ],
    offer: ['Good hotels, good seats', '3% back at hotels, six lounge visits and a ₩100,000 gift each year.', 'See Bora Signature', 'Premium'],
  },
}
