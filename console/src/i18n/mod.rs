//! Every message, in every language. One column a language: a missing translation does not compile.

mod campaign;
mod common;
mod data;
mod engine;
mod site;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// BCP 47 tag, for `lang` and `Intl`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// Its own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// The language of a tag; English for others.
    #[must_use]
    pub fn parse(tag: &str) -> Self {
        if tag.starts_with("ko") { Self::Ko } else { Self::En }
    }
}

/// A message in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message(&'static [&'static str; 2]);

impl Message {
    /// A message, its texts in the order of [`Lang`]; used by the tables.
    #[must_use]
    pub const fn new(texts: &'static [&'static str; 2]) -> Self {
        Self(texts)
    }

    /// The text in `lang`.
    #[must_use]
    pub const fn text(self, lang: Lang) -> &'static str {
        self.0[lang as usize]
    }
}

/// A table of messages: a name, then one text a language.
macro_rules! messages {
    ($($name:ident: $en:literal, $ko:literal;)*) => {
        $(#[doc = concat!("`", stringify!($name), "`: ", "`", $en, "`")] pub const $name: $crate::i18n::Message = $crate::i18n::Message::new(&[$en, $ko]);)*
        /// All messages of this table.
        #[cfg(test)]
        pub(super) const MESSAGES: &[(&str, $crate::i18n::Message)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use messages;

/// All messages by name.
pub mod m {
    pub use super::campaign::*;
    pub use super::common::*;
    pub use super::data::*;
    pub use super::engine::*;
    pub use super::site::*;
}

pub use engine::{outcome, reason, step};

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(text: &str) -> Vec<&str> {
        let mut holes: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        holes.sort_unstable();
        holes
    }

    #[test]
    fn every_language_has_a_text_with_the_same_holes() {
        for table in [common::MESSAGES, data::MESSAGES, campaign::MESSAGES, engine::MESSAGES, site::MESSAGES]
        {
            for (name, message) in table {
                assert!(Lang::ALL.iter().all(|lang| !message.text(*lang).is_empty()), "{name}");
                assert_eq!(holes(message.text(Lang::En)), holes(message.text(Lang::Ko)), "{name}");
            }
        }
    }
}
