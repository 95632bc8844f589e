//! Whose events a question counts.
//!
//! Each row says what it was taken for when it came in. A site's own rules overrule that when a question is asked,
//! so that they hold for old rows, too, and a rule that is taken back changes nothing for good.

use super::sql::{instant, text};
use crate::Error;
use attune_schema::bot::{BotRule, Bots};
use attune_schema::id::VisitorId;
use attune_schema::limits;
use attune_schema::time::Timestamp;
use std::str::FromStr;

/// Which site's rows, and what the site says of bots.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Number of the site.
    pub site: u32,
    /// Its own rules.
    pub bot_rules: &'a [BotRule],
    /// Of so many visitors only one; of all if `None`.
    pub one_in: Option<u64>,
    /// Of these only one part of so many: a large answer is asked for in parts (see [`crate::query`]).
    pub part: Option<(u64, u64)>,
    /// When the first event happened that the site keeps (see [`crate::retention`]); all if `None`.
    pub kept_from: Option<Timestamp>,
}

impl From<u32> for Scope<'_> {
    fn from(site: u32) -> Self {
        Self { site, bot_rules: &[], one_in: None, part: None, kept_from: None }
    }
}

impl Scope<'_> {
    /// Whether a row's own columns in `steps` are enough to tell.
    pub(super) fn is_plain(&self) -> bool {
        self.bot_rules.is_empty()
    }

    /// A test to follow another one: ` AND …`, or nothing.
    pub(crate) fn filter(&self, bots: Bots) -> Result<String, Error> {
        let mut tests = self.visitors();
        if let Some(kept_from) = self.kept_from {
            tests.push_str(&format!(" AND at >= {}", instant(kept_from.0)));
        }
        let human = match bots {
            Bots::Include => return Ok(tests),
            Bots::Exclude => "=",
            Bots::Only => "!=",
        };
        Ok(format!("{tests} AND {} {human} 'human'", self.class()?))
    }

    /// The class of a row.
    pub(crate) fn class(&self) -> Result<String, Error> {
        if self.bot_rules.is_empty() {
            return Ok("bot".to_owned());
        }
        let mut sql = String::from("multiIf(");
        for rule in self.bot_rules {
            let tests = tests(rule)?;
            sql.push_str(&format!("{tests}, '{}', ", rule.class.code()));
        }
        sql.push_str("toString(bot))");
        Ok(sql)
    }
}

/// Refuses rules that could not be asked: what the API says to whoever saves them.
///
/// # Errors
/// Which rule, and what is wrong with it.
pub fn check(rules: &[BotRule]) -> Result<(), Error> {
    if rules.len() > limits::BOT_RULES {
        let message = format!("a site has at most {} bot rules, not {}", limits::BOT_RULES, rules.len());
        return Err(Error::Question(message));
    }
    for (index, rule) in rules.iter().enumerate() {
        if let Err(Error::Question(message)) = tests(rule) {
            return Err(Error::Question(format!("bot rule {}: {message}", index + 1)));
        }
    }
    Ok(())
}

fn tests(rule: &BotRule) -> Result<String, Error> {
    let mut tests = Vec::new();
    let bad = |field: &str, value: &str| Error::Question(format!("`{field}` is not one: `{value}`"));
    for (field, value) in [
        ("user_agent_contains", &rule.user_agent_contains),
        ("address_starts", &rule.address_starts),
        ("referrer_contains", &rule.referrer_contains),
    ] {
        if value.len() > limits::AGENT_BYTES {
            return Err(Error::Question(format!("`{field}` is longer than {} bytes", limits::AGENT_BYTES)));
        }
    }
    if !rule.user_agent_contains.is_empty() {
        tests.push(format!(
            "positionCaseInsensitiveUTF8(user_agent, {}) > 0",
            text(&rule.user_agent_contains)
        ));
    }
    if !rule.address_starts.is_empty() {
        tests.push(format!("startsWith(address, {})", text(&rule.address_starts)));
    }
    if !rule.country.is_empty() {
        if rule.country.len() != 2 || !rule.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(bad("country", &rule.country));
        }
        tests.push(format!("country = {}", text(&rule.country)));
    }
    if !rule.visitor.is_empty() {
        let visitor = VisitorId::from_str(&rule.visitor).map_err(|_| bad("visitor", &rule.visitor))?;
        tests.push(format!("visitor = toUUID({})", text(&visitor.to_string())));
    }
    if !rule.referrer_contains.is_empty() {
        tests.push(format!("positionCaseInsensitiveUTF8(referrer, {}) > 0", text(&rule.referrer_contains)));
    }
    if tests.is_empty() {
        return Err(Error::Question(format!(
            "it tests nothing, so everything would be `{}`",
            rule.class.code()
        )));
    }
    Ok(tests.join(" AND "))
}
