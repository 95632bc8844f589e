// Reads consent strings of the IAB's Transparency and Consent Framework 2.2 to 2.4: "Consent string and vendor list
// formats v2", https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const DECISECOND_MS = 100;
const MOST_VENDORS = 65_535;
const SEGMENTS = { 1: "disclosed_vendors", 2: "allowed_vendors", 3: "publisher" };

// Numbers of so many bits from text of six bits a character; past the end is an error.
function bitsOf(text) {
  if (!/^[\w-]+$/.test(text)) throw new RangeError("not a consent string");
  let at = 0;
  const bit = () => {
    if (at >= text.length * 6) throw new RangeError("the consent string is cut");
    const six = ALPHABET.indexOf(text[Math.floor(at / 6)]);
    return (six >> (5 - (at++ % 6))) & 1;
  };
  const int = (count) => {
    let value = 0;
    for (let index = 0; index < count; index++) value = value * 2 + bit();
    return value;
  };
  const flag = () => int(1) === 1;
  const letter = () => String.fromCharCode(65 + int(6));
  // Positions of set bits, from 1.
  const set = (count) => Array.from({ length: count }, (_, index) => (bit() ? index + 1 : 0)).filter(Boolean);
  const ranges = () => {
    const ids = [];
    for (let left = int(12); left > 0; left--) {
      const single = !flag();
      const first = int(16);
      const last = single ? first : int(16);
      if (first < 1 || last < first || ids.length + last - first > MOST_VENDORS) throw new RangeError("a range runs backwards");
      for (let id = first; id <= last; id++) ids.push(id);
    }
    return ids;
  };
  // A bit field, or ranges where those are shorter.
  const vendors = () => {
    const highest = int(16);
    if (!flag()) return set(highest);
    const ids = ranges();
    if (ids.some((id) => id > highest)) throw new RangeError("a vendor beyond the highest");
    return [...new Set(ids)].sort((a, b) => a - b);
  };
  return { int, flag, letters: () => letter() + letter(), set, ranges, vendors };
}

function core(text) {
  const bits = bitsOf(text);
  const version = bits.int(6);
  if (version !== 2) throw new RangeError(`version ${version} of the consent string`);
  const created = bits.int(36) * DECISECOND_MS;
  const updated = bits.int(36) * DECISECOND_MS;
  const read = {
    version,
    created_ms: created,
    last_updated_ms: updated,
    cmp_id: bits.int(12),
    cmp_version: bits.int(12),
    consent_screen: bits.int(6),
    consent_language: bits.letters(),
    vendor_list_version: bits.int(12),
    tcf_policy_version: bits.int(6),
    is_service_specific: bits.flag(),
    use_non_standard_texts: bits.flag(),
    special_feature_opt_ins: bits.set(12),
    purpose_consents: bits.set(24),
    purpose_legitimate_interests: bits.set(24),
    purpose_one_treatment: bits.flag(),
    publisher_cc: bits.letters(),
    vendor_consents: bits.vendors(),
    vendor_legitimate_interests: bits.vendors(),
  };
  read.publisher_restrictions = Array.from({ length: bits.int(12) }, () => ({
    purpose: bits.int(6),
    restriction_type: bits.int(2),
    vendors: bits.ranges(),
  }));
  return read;
}

function publisher(bits) {
  const read = { purpose_consents: bits.set(24), purpose_legitimate_interests: bits.set(24) };
  const custom = bits.int(6);
  return { ...read, custom_consents: bits.set(custom), custom_legitimate_interests: bits.set(custom) };
}

// A consent string → its core, and what other segments say, in whatever order they are; kinds that are not known are
// left out. Null for anything that is not one.
export function readTcString(text) {
  try {
    const [first, ...others] = text.split(".");
    const read = core(first);
    for (const segment of others) {
      const bits = bitsOf(segment);
      const name = SEGMENTS[bits.int(3)];
      if (name) read[name] = name === "publisher" ? publisher(bits) : bits.vendors();
    }
    return read;
  } catch {
    return null;
  }
}

// Whether the site, as `vendor` of the list, was shown to the visitor, who said yes to it. Who was shown is told from 2.3
// on; libraries from before write an empty list.
const agreed = ({ vendor_consents, disclosed_vendors: shown = [] }, vendor) =>
  vendor_consents.includes(vendor) && (!shown.length || shown.includes(vendor));

const CONSENT_ASKED = 1; // A publisher's restriction that asks for what we ask for; the others leave consent no room.

// What a string allows, by purposes of the framework: 1 store on the device, 5 and 6 personalise content, 8 measure it,
// 4 personal advertising elsewhere. `vendor` is the site's own number in the vendor list, if it has one: then what
// the visitor says of it, whether it was disclosed, and what the publisher forbids it count as well.
export function answersOf(text, vendor) {
  const read = readTcString(text);
  const good = read && (!vendor || agreed(read, vendor));
  const forbidden = ({ purpose, restriction_type: type, vendors }) => type !== CONSENT_ASKED && vendors.includes(vendor) && purpose;
  const restricted = good ? read.publisher_restrictions.map(forbidden) : [];
  const may = (...purposes) =>
    !!good && purposes.every((purpose) => read.purpose_consents.includes(purpose) && !restricted.includes(purpose));
  return { measure: may(1, 8), personalise: may(1, 5, 6), share: may(1, 4) };
}
