//! Sites, their tag and their servers' keys.

#[cfg(feature = "capture")]
use crate::source::PatternKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One installation of the tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    /// Short name, unique, as on the command line.
    pub name: String,
    /// Public site key.
    pub key: String,
    /// Origins whose pages may send events; any if empty.
    pub origins: Vec<String>,
    /// Takes no events while paused.
    #[serde(default)]
    pub paused: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What is to change about a site; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SiteChange {
    /// Origins whose pages may send events; any if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Origin>>))]
    pub origins: Option<Vec<String>>,
    /// Takes no events while paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

/// For how many days, whole ones of UTC, a site keeps what it stores; what is left out is kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Events.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3650))]
    pub behaviour_days: Option<u32>,
    /// What events of forms and searches say: terms, names of fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3650))]
    pub texts_days: Option<u32>,
    /// Network addresses and user agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3650))]
    pub addresses_days: Option<u32>,
    /// What files say of people, lists of them, and which browsers are whose, from when each was last said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3650))]
    pub people_days: Option<u32>,
}

/// `https://host[:port]`, as browsers write it.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(pattern = "^https?://[a-z0-9.:-]+$")]
pub struct Origin(#[expect(dead_code, reason = "only described")] String);

/// A new site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// Short name: letters, digits, dots, dashes and underscores.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$"))]
    pub name: String,
    /// Origins whose pages may send events; any if empty.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Origin>))]
    pub origins: Vec<String>,
}

/// A key with which a company's server signs what it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerKey {
    /// Names the key in a request; not secret.
    pub id: String,
    /// Which system has it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new server key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewServerKey {
    /// Which system gets it.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
    )]
    pub label: String,
}

/// A server key that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerKeyMade {
    /// The key.
    pub key: ServerKey,
    /// What signatures are made with; shown this once.
    pub secret: String,
    /// What profile tokens are signed with: a private JSON Web Key (RFC 8037), derived from the secret.
    pub token_key: TokenKey,
}

/// A private key of Ed25519, as JWT libraries take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenKey {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// Always `EdDSA`.
    pub alg: String,
    /// Id of the server key; goes into the header of tokens.
    pub kid: String,
    /// The private key, in URL-safe base 64 without padding.
    pub d: String,
    /// The public key, likewise.
    pub x: String,
}

/// A pattern, or a step of one, that has been as it is for a day and that nothing matched in it.
#[cfg(feature = "capture")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SilentPattern {
    /// The pattern.
    pub id: String,
    /// What it is.
    pub kind: PatternKind,
    /// Events of which one would have told of a match.
    pub events: Vec<String>,
}

/// For how long somebody may look into pages with the debugger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDebugToken {
    /// Minutes from now, eight hours at most.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 480))]
    pub minutes: u16,
}

/// What opens the debugger in a page: `?attune_debug=TOKEN` behind its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DebugToken {
    /// A JSON Web Signature of this collector. Nothing but the debugger takes it.
    pub token: String,
    /// Good until then.
    pub until: Timestamp,
}

/// Whether the tag works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagStatus {
    /// First event ever received.
    pub first_event_at: Option<Timestamp>,
    /// Last event received.
    pub last_event_at: Option<Timestamp>,
    /// Pages seen lately: address without query, and how many events; most first, at most 20.
    pub pages: Vec<(String, u64)>,
    /// Content hash of the current bundle.
    pub bundle: String,
    /// Size of the current bundle in bytes.
    pub bundle_bytes: u64,
}
