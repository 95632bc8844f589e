// Checks on answers in the application form. Each returns the key of a message, or null.
window.haemilChecks = {
  email: (value) => (/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(value) ? null : 'email'),
  phone: (value) => (/^01[016789]-?\d{3,4}-?\d{4}$/.test(value.replace(/\s/g, '')) ? null : 'phone'),
  postcode: (value) => (/^\d{5}$/.test(value) ? null : 'postcode'),
  income: (value) => (/^\d+$/.test(value.replace(/[,\s₩원]/g, '')) ? null : 'income'),
  latin: (value) => (/^[A-Za-z][A-Za-z .'-]*$/.test(value) ? null : 'latin'),
  adult(value) {
    const [year, month, day] = value.split('-').map(Number)
    if (!year || !month || !day || year < 1900) return 'date'
    const today = new Date()
    const born = new Date(year, month - 1, day)
    if (born > today) return 'date'
    return new Date(year + 19, month - 1, day) <= today ? null : 'age'
  },
}
