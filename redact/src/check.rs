//! Check digits and dates. `digits` are values from 0 to 9, and 10 for the `X` of a Chinese id.

/// Luhn's: from the right every second digit doubled, its digits added; the sum is a multiple of ten
/// (ISO/IEC 7812-1, annex B).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(*digit);
            if index % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Prefixes and lengths that issuers use: Visa (4), Mastercard (51-55, 2221-2720) and Maestro, American Express (34,
/// 37), Diners Club (30, 36, 38, 39), JCB (35), Discover, `UnionPay` (62, 81), Mir, `RuPay`, and Korea's own (9).
pub(crate) fn issued(digits: &[u8]) -> bool {
    let count = digits.len();
    match digits {
        [4, ..] => matches!(count, 13 | 16 | 19),
        [5 | 6, ..] | [3, 5, ..] | [8, 1 | 2, ..] | [2, 2..=7, ..] => count >= 16,
        [3, 4 | 7, ..] => count == 15,
        [3, 0 | 6 | 8 | 9, ..] => count >= 14,
        [9, ..] => count == 16,
        _ => false,
    }
}

/// An article's number (EAN-13, GS1 General Specifications 7.9), of those that could be something else: of Germany and
/// Japan (4) and Korea (880).
pub(crate) fn article(digits: &[u8]) -> bool {
    let weighted = |(index, digit): (usize, &u8)| u32::from(*digit) * if index % 2 == 0 { 1 } else { 3 };
    matches!(digits, [4, ..] | [8, 8, 0, ..])
        && digits.len() == 13
        && digits.iter().enumerate().map(weighted).sum::<u32>().is_multiple_of(10)
}

/// Month and day, four digits.
pub(crate) fn date(digits: &[u8]) -> bool {
    let &[a, b, c, d] = digits else { return false };
    (1..=12).contains(&(a * 10 + b)) && (1..=31).contains(&(c * 10 + d))
}

/// The remainder by 11 of the weighted sum.
fn remainder(digits: &[u8], weights: &[u8]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * u32::from(*weight)).sum::<u32>() % 11
}

/// A Korean resident registration number's shape: date and century digit (1, 2, 5, 6: 19xx; 3, 4, 7, 8: 20xx, taken
/// until 2039).
pub(crate) fn resident(digits: &[u8]) -> bool {
    let Some((decade, century)) = digits.first().zip(digits.get(6)) else { return false };
    digits.len() == 13
        && !digits.contains(&10)
        && digits.get(2..6).is_some_and(date)
        && match century {
            1 | 2 | 5 | 6 => true,
            3 | 4 | 7 | 8 => *decade < 4,
            _ => false,
        }
}

/// Its check digit: weights 2 to 9, 2 to 5, taken from 11; of foreigners (5 to 8) also from 13.
pub(crate) fn resident_check(digits: &[u8]) -> bool {
    let sum = remainder(digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let [.., last] = digits else { return false };
    let last = u32::from(*last);
    let foreign = digits.get(6).is_some_and(|century| *century >= 5);
    last == (11 - sum) % 10 || (foreign && last == (13 - sum) % 10)
}

/// A Japanese individual number's check digit.
pub(crate) fn individual(digits: &[u8]) -> bool {
    let sum = remainder(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    digits.len() == 12 && digits.last().copied().map(u32::from) == Some(if sum < 2 { 0 } else { 11 - sum })
}

/// A Chinese resident id: region, a year from 1900, date, and ISO 7064's MOD 11-2 over all of it.
pub(crate) fn citizen(digits: &[u8]) -> bool {
    let remainder = digits.iter().fold(0, |sum, digit| (sum * 2 + u32::from(*digit)) % 11);
    digits.len() == 18
        && digits.first().is_some_and(|region| (1..=8).contains(region))
        && matches!(digits.get(6..8), Some([1, 9] | [2, 0]))
        && digits.get(10..14).is_some_and(date)
        && remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| if byte == b'X' { 10 } else { byte - b'0' }).collect()
    }

    #[test]
    fn published_examples_hold_and_their_neighbours_do_not() {
        type Check = fn(&[u8]) -> bool;
        let cases: [(Check, &str); 8] = [
            (luhn, "4111111111111111"),
            (luhn, "378282246310005"),
            (luhn, "6200000000000005"),
            (resident_check, "8001011234560"),
            (resident_check, "9001011234568"),
            (individual, "123456789018"),
            (citizen, "11010519491231002X"),
            (citizen, "440524188001010014"),
        ];
        for (check, text) in cases {
            let good = digits(text);
            // The last is of 1880: the check character is right, the year is not taken.
            assert_eq!(check(&good), !text.contains("1880"), "{text}");
            for wrong in 1..10 {
                let mut bad = good.clone();
                let last = bad.len() - 1;
                bad[last] = (bad[last] + wrong) % 10;
                assert!(bad == good || !check(&bad), "{bad:?}");
            }
        }
    }
}
