//! SipHash-2-4 (Aumasson and Bernstein 2012) with a zero key, to 64 or 128 bits; the same on every machine.
//!
//! Our own because the SDK needs both lengths, and this shares what libraries keep apart.

/// Hashes what is written to it.
#[derive(Debug, Clone)]
pub struct Sip {
    state: [u64; 4],
    /// Bytes that do not fill a word yet; the first is lowest.
    word: u64,
    length: u64,
    /// 128 bits, not 64.
    wide: bool,
}

impl Sip {
    /// A hash to 128 bits if `wide`, else to 64.
    #[must_use]
    pub fn new(wide: bool) -> Self {
        let mut state =
            [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];
        if wide {
            state[1] ^= 0xee;
        }
        Self { state, word: 0, length: 0, wide }
    }

    fn rounds(&mut self, count: usize) {
        let [mut a, mut b, mut c, mut d] = self.state;
        for _ in 0..count {
            a = a.wrapping_add(b);
            c = c.wrapping_add(d);
            b = b.rotate_left(13) ^ a;
            d = d.rotate_left(16) ^ c;
            a = a.rotate_left(32).wrapping_add(d);
            c = c.wrapping_add(b);
            b = b.rotate_left(17) ^ c;
            d = d.rotate_left(21) ^ a;
            c = c.rotate_left(32);
        }
        self.state = [a, b, c, d];
    }

    fn absorb(&mut self) {
        self.state[3] ^= self.word;
        self.rounds(2);
        self.state[0] ^= self.word;
        self.word = 0;
    }

    /// Goes on with `bytes`.
    pub fn write(&mut self, bytes: &[u8]) {
        // Word by word where it weighs nothing: a page hashes little, a back-test much.
        #[cfg(not(target_arch = "wasm32"))]
        let bytes = {
            let (words, rest) = bytes.as_chunks::<8>();
            for word in words {
                let (word, shift) = (u64::from_le_bytes(*word), 8 * (self.length & 7));
                self.word |= word << shift;
                self.length += 8;
                self.absorb();
                if shift > 0 {
                    self.word = word >> (64 - shift);
                }
            }
            rest
        };
        for byte in bytes {
            self.word |= u64::from(*byte) << (8 * (self.length & 7));
            self.length += 1;
            if self.length & 7 == 0 {
                self.absorb();
            }
        }
    }

    /// The hash; 64 bits are the lower half.
    #[must_use]
    pub fn finish(mut self) -> u128 {
        self.word |= self.length << 56;
        self.absorb();
        self.state[2] ^= if self.wide { 0xee } else { 0xff };
        self.rounds(4);
        let low = self.state.iter().fold(0, |all, word| all ^ word);
        if !self.wide {
            return low.into();
        }
        self.state[1] ^= 0xdd;
        self.rounds(4);
        let high = self.state.iter().fold(0, |all, word| all ^ word);
        u128::from(high) << 64 | u128::from(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::hash::Hasher;
    use proptest::prelude::*;
    use siphasher::sip128::Hasher128;

    proptest! {
        #[test]
        fn agrees_with_the_library(parts: Vec<Vec<u8>>) {
            let (mut narrow, mut wide) = (Sip::new(false), Sip::new(true));
            let (mut library, mut library_wide) =
                (siphasher::sip::SipHasher24::new(), siphasher::sip128::SipHasher24::new());
            for part in &parts {
                narrow.write(part);
                wide.write(part);
                library.write(part);
                library_wide.write(part);
            }
            prop_assert_eq!(narrow.finish(), u128::from(library.finish()));
            prop_assert_eq!(wide.finish(), library_wide.finish128().as_u128());
        }
    }
}
