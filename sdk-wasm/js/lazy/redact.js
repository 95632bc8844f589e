// Personal data out of text, before anything is kept: the rules of the crate `redact`, which says where each comes from,
// to the same output (tests/spec/redact.json).

// Countries by the length of their IBAN, from 15 on.
const COUNTRIES =
  "NO|BE||DK FI FK FO GL NL SD|MK SI|AT BA EE KZ LT LU MN XK|CH HR LI LV|BG BH CR DE GB GE IE ME RS VA|AE GI IL IQ OM SO TL|AD CZ ES MD PK RO SA SE SK TN VG|LY PT ST|IS TR|BI DJ FR GR IT MC MR SM|AL AZ BY CY DO GT HN HU LB NI PL SV|BR EG PS QA UA|JO KW MU YE|MT SC|LC|RU".split("|");
const SECRET = /^(pin|otp|sid|sig|auth)$|token|passw|pwd|secret|session|sessid|signature|api[-_]?key|credential|jwt/i;
const CARD = /^(?=\d{16,19}$)([56]|35|8[12]|2[2-7])|^4(\d{15}|\d{18}|\d{12})$|^3[47]\d{13}$|^3[0689]\d{12,17}$|^9\d{15}$/;
const CARD_GROUPS = /^\d{4}(-\d{4}){3}(-\d{1,3})?$|^\d{4}-\d{6}-\d{4,5}$/;
const DATE = "(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])";
const RESIDENT = RegExp(`^(\\d\\d${DATE}-?[1256]|[0-3]\\d${DATE}-?[3478])\\d{6}$`);
const CITIZEN = RegExp(`^[1-8]\\d{5}(19|20)\\d\\d${DATE}\\d{3}[\\dx]$`, "i");
const MOBILE = /^(01[016-9]|0[57-9]0)\d{8}$|^01[16-9]\d{7}$/;
const GROUPED = /^(?=.{11})0[1-9]\d{0,2}-\d{2,4}-\d{4}$|^1[3-9]\d-\d{4}-\d{4}$/;

let counts = {};
// What stands where something was.
const mark = (kind) => {
  counts["redacted_" + kind] = (counts["redacted_" + kind] || 0) + 1;
  return `[${kind}]`;
};

// What was taken out since this was last asked, as fields of an event.
export function removed() {
  const fields = counts;
  counts = {};
  return fields;
}

const sum = (digits, step) => [...digits].reduce((before, digit, index) => step(before, parseInt(digit, 36), index), 0);
const weighted = (digits, weights) => sum(weights, (before, weight, index) => before + weight * digits[index]) % 11;
const luhn = (digits) => sum([...digits].reverse(), (before, digit, index) => before + (index % 2 ? (digit * 2) % 9 || digit : digit)) % 10 === 0;
// Thirteen digits of an article, of those that could be something else: of Germany, Japan and Korea.
const article = (digits) => /^(4|880)\d+$/.test(digits) && digits.length === 13 && sum(digits, (before, digit, index) => before + digit * (index % 2 ? 3 : 1)) % 10 === 0;

// Full-width forms, spaces and hyphens of all widths as their ASCII ones, each in its place.
const plainOf = (text) =>
  text
    .replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt() - 65248))
    .replace(/[\xa0\u2000-\u200f\u202f\u3000]/g, " ")
    .replace(/[\u2010-\u2015\u2212ー]/g, "-");

// Marks in place of what `find` tells of in the plain text.
function swap(text, find) {
  let out = "";
  let from = 0;
  find(plainOf(text), (start, end, kind) => {
    out += text.slice(from, start) + mark(kind);
    from = end;
  });
  return out + text.slice(from);
}

// A group of a UUID with a hyphen.
const afterHex = (plain, place) => /[a-f\d]{4}-$/i.test(plain.slice(Math.max(0, place - 5), place));

function mails(plain, found) {
  if (plain.includes("@"))
    for (const { 0: mail, index } of plain.matchAll(/([\w.%+'-]{1,64}|[À-\ud7ff]{1,64})@(?!\dx\.)([a-z\d-]{1,63}\.)+[a-z]{2,24}/gi))
      found(index, index + mail.length, "email");
}

function ibans(plain, found) {
  for (const { 1: before, 2: head, index } of plain.matchAll(/(^|[^a-z\d])([a-z]{2}\d\d)/gi)) {
    const length = COUNTRIES.findIndex((some) => some.includes(head.slice(0, 2).toUpperCase())) + 15;
    const start = index + before.length;
    if (afterHex(plain, start)) continue;
    const rest = length % 4 && `[ -]?[a-z\\d]{${length % 4}}`;
    const iban = RegExp(`^[a-z\\d]{4}([ -]?[a-z\\d]{4}){${(length >> 2) - 1}}${rest || ""}(?![a-z\\d])`, "i").exec(plain.slice(start));
    if (length > 14 && iban) {
      const text = iban[0].replace(/[ -]/g, "");
      if (sum(text.slice(4) + head, (before, value) => (before * (value < 10 ? 10 : 100) + value) % 97) === 1)
        found(start, start + iban[0].length, "account");
    }
  }
}

function numbers(plain, found) {
  for (const run of plain.matchAll(/\d(?:[ .()+-]{0,3}\d)*(?:x(?![a-z\d]))?/gi)) {
    const groups = [...run[0].matchAll(/\d+x?/gi)].map(({ 0: group, index }) => [run.index + index, run.index + index + group.length]);
    // Nothing but hyphens and dots joins.
    const open = (index) => !groups[index - 1] || !groups[index] || /[^.-]/.test(plain.slice(groups[index - 1][1], groups[index][0]));
    for (let first = 0; first < groups.length; first++)
      for (let last = Math.min(groups.length, first + 19); last-- > first; ) {
        const [start] = groups[first];
        const [, end] = groups[last];
        const near = (words) => words.test(plain.slice(Math.max(0, start - 20), end + 12));
        const written = groups.slice(first, last + 1).map((place) => plain.slice(...place)).join("-");
        const apart = open(first) && open(last + 1) && !afterHex(plain, start) && !/^-[a-f\d]{4}/i.test(plain.slice(end, end + 5));
        const plus = /(^|[^a-z\d\x80-\uffff])\+$/i.test(plain.slice(Math.max(0, start - 2), start));
        const inWord = /[a-z]/i.test(plain.slice(start && start - 1, start) + plain.slice(end, end + 1));
        const kind = !inWord && kindOf(written, apart, apart && !first && !groups[last + 1], plus, near);
        if (kind) {
          found(start, end, kind);
          first = last;
          break;
        }
      }
  }
}

// What groups of digits are that were `written` with hyphens between: `open` if joined to no others, `whole` if there are
// no others, `plus` if one stands before; `near` tells whether words do.
function kindOf(written, open, whole, plus, near) {
  const digits = written.replace(/-/g, "");
  const one = digits === written;
  if ((whole || (one && open) || CARD_GROUPS.test(written)) && CARD.test(digits) && luhn(digits) && !article(digits)) return "card";
  if (!open) return "";
  if (RESIDENT.test(written)) {
    const check = 24 - weighted(digits, "234567892345");
    // Milliseconds since 1970 begin with 15 to 19.
    if (!one || (!/^1[5-9]/.test(digits) && !article(digits) && ((check - 13) % 10 == digits[12] || (digits[6] > 4 && (check - 11) % 10 == digits[12])))) return "national_id";
  }
  if (/^\d{12}$|^\d{4}-\d{4}-\d{4}$/.test(written) && ((whole && !one) || near(/マイナンバ|個人番号/))) {
    const rest = weighted(digits, "65432765432");
    if (digits[11] == (rest < 2 ? 0 : 11 - rest)) return "national_id";
  }
  if ((whole || one || /^\d{6}-\d{8}-/.test(written)) && CITIZEN.test(digits) && sum(digits, (before, digit) => (before * 2 + Math.min(digit, 10)) % 11) === 1)
    return "national_id";
  if (plus ? /^[1-9]\d{8,14}$/.test(digits) : (MOBILE.test(digits) && /^\d{3}/.test(written)) || GROUPED.test(written)) return "phone";
  return /^\d{10,14}$/.test(digits) && near(/계좌|은행|뱅크|농협|수협|신협|금고|우체국|口座/) ? "account" : "";
}

// `text` without personal data; `depth` is how often it was percent-encoded.
export function redact(text, depth = 0) {
  let clean = text;
  if (depth < 3 && clean.includes("%"))
    clean = clean
      .split(/([\0- /?&=#;"'<>])/)
      .map((piece) => {
        const decoded = piece.replace(/(%[\da-f]{2})+/gi, (encoded) => {
          try {
            return decodeURIComponent(encoded);
          } catch {
            return encoded;
          }
        });
        const cleaned = decoded === piece ? piece : redact(decoded, depth + 1);
        return cleaned === decoded ? piece : cleaned.replace(/[\0- "#%&';<=>?]/g, escape);
      })
      .join("");
  clean = clean
    .replace(/(^|[?&#;])([^\0- ?&#;=]+)=([^\0- ?&#;"'<>]+)/g, (all, before, name, value) =>
      value !== "[token]" && (SECRET.test(name) || (/^code$/i.test(name) && value.length > 15)) ? `${before + name}=${mark("token")}` : all,
    )
    .replace(/eyJ[\w-]{8,}\.[\w-]{8,}(\.[\w-]*)?/g, () => mark("token"));
  clean = swap(swap(swap(clean, mails), ibans), numbers);
  // What was taken out may leave something that stood beside it alone.
  return clean === text ? text : redact(clean, depth);
}

// An absolute address without personal data: its host stays, what is before it goes.
export function redactUrl(url) {
  const [all, scheme = "", user, host = ""] = /^([a-z][a-z\d+.-]*:\/\/)([^/?#]*@)?([^/?#]*)/i.exec(url) || [""];
  if (user) mark("token");
  return scheme + host + redact(url.slice(all.length));
}
