//! Sites as ingest and delivery need them: in memory, by key and by name, each with its compiled bundle.

use crate::bundle::{SignedBundle, Signer, payload_of};
use crate::decide::Deciding;
use crate::state::Clock;
use attune_control::{Control, Error, SiteRecord};
use attune_engine::decide::Program;
use attune_schema::bot::BotRule;
use attune_schema::consent::Basis;
use attune_schema::question::Defined;
use attune_schema::source::{AddressPolicy, SiteSettings};
use attune_schema::time::Timestamp;
use attune_warehouse::query::bots::Scope;
use attune_warehouse::retention::kept_from;
use bytes::Bytes;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

/// Bundles kept per site, so that a page with yesterday's manifest still finds its own.
const KEPT: usize = 4;

/// A site.
#[derive(Debug)]
pub struct SiteEntry {
    /// As stored.
    pub record: SiteRecord,
    /// What unanswered consent to measuring means.
    pub measure_basis: Basis,
    /// What is kept of a visitor's address.
    pub address: AddressPolicy,
    /// The site's own word on bots.
    pub bot_rules: Vec<BotRule>,
    /// Share of visitors whose decisions here are kept, in percent.
    pub receipts_percent: f64,
    /// Share of visitors whose pages send what they decided, in percent.
    pub page_receipts_percent: f64,
    /// Whether pages get the bundle before where they decide otherwise than the engine here.
    pub hold_on_difference: bool,
    /// What its pages load.
    pub bundle: SignedBundle,
    /// What its servers decide by.
    pub deciding: Deciding,
    /// The public key that its bundle is signed with.
    pub signed_by: String,
    older: VecDeque<Older>,
}

/// A bundle that was current before.
#[derive(Debug, Clone)]
pub struct Older {
    /// Names it.
    pub hash: String,
    /// As delivered.
    pub bytes: Bytes,
    /// Of the source it was compiled from.
    pub revision: u64,
    /// Names what it decides.
    digest: u128,
}

impl SiteEntry {
    /// What questions about it are put to.
    #[must_use]
    pub fn scope(&self, now: Timestamp) -> Scope<'_> {
        Scope {
            site: self.record.number,
            bot_rules: &self.bot_rules,
            one_in: None,
            part: None,
            kept_from: kept_from(&self.record.retention, now),
        }
    }

    /// An answer that also says from when on events are kept, where they are not for ever.
    pub fn told<T: Defined>(&self, mut answer: T, now: Timestamp) -> T {
        if let Some(from) = kept_from(&self.record.retention, now) {
            let days = self.record.retention.behaviour_days.unwrap_or_default();
            let from =
                jiff::Timestamp::from_millisecond(from.0).map_or_else(|_| String::new(), |at| at.to_string());
            let words = format!(" Events are kept for {days} days: nothing before {from} is counted.");
            answer.definition_mut().push_str(&words);
        }
        answer
    }

    /// The bundle before this one that decides otherwise.
    #[must_use]
    pub fn bundle_before(&self) -> Option<&Older> {
        let digest = self.deciding.programs.device.digest;
        self.older.iter().find(|older| older.digest != digest)
    }

    /// What pages with the bundle of this digest decide by, if it is still kept.
    #[must_use]
    pub fn program(&self, digest: u128) -> Option<Cow<'_, Program>> {
        let device = &self.deciding.programs.device;
        if device.digest == digest {
            return Some(Cow::Borrowed(device));
        }
        let older = self.older.iter().find(|older| older.digest == digest)?;
        Program::load(payload_of(&older.bytes)?).ok().map(Cow::Owned)
    }

    /// Whether its bundle is to be made anew.
    fn is_due(&self, now: Timestamp) -> bool {
        self.bundle.due_at.is_some_and(|at| at <= now)
    }

    /// Whether pages of `origin` may send.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        let origins = &self.record.site.origins;
        origins.is_empty() || origins.iter().any(|allowed| allowed == origin)
    }
}

#[derive(Default)]
struct Maps {
    by_key: HashMap<String, Arc<SiteEntry>>,
    by_name: HashMap<String, Arc<SiteEntry>>,
    /// Site and secret of a server key.
    by_server_key: HashMap<String, (Arc<SiteEntry>, String)>,
}

/// All sites.
pub struct Sites {
    maps: RwLock<Maps>,
    refreshing: tokio::sync::Mutex<()>,
    signer: Signer,
    clock: Clock,
}

impl Sites {
    /// No sites yet: see [`Sites::refresh`].
    #[must_use]
    pub fn new(signer: Signer, clock: Clock) -> Self {
        Self { maps: RwLock::default(), refreshing: tokio::sync::Mutex::default(), signer, clock }
    }

    /// The site with this public key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<Arc<SiteEntry>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_key.get(key).cloned()
    }

    /// The site with this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<SiteEntry>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_name.get(name).cloned()
    }

    /// All sites, by number.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<SiteEntry>> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        let mut sites: Vec<_> = maps.by_key.values().cloned().collect();
        sites.sort_by_key(|site| site.record.number);
        sites
    }

    /// The site that another product's client means by `text`: its key, its name, the host of one of its
    /// origins, or its number. All of these are public.
    #[must_use]
    pub fn by_public_name(&self, text: &str) -> Option<Arc<SiteEntry>> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        let exact = maps.by_key.get(text).or_else(|| maps.by_name.get(text));
        exact.cloned().or_else(|| {
            let host = |origin: &str| origin.split_once("://").is_some_and(|(_, host)| host == text);
            let meant = |site: &&Arc<SiteEntry>| {
                site.record.site.origins.iter().any(|origin| host(origin))
                    || text.parse().is_ok_and(|number: u32| number == site.record.number)
            };
            maps.by_key.values().filter(meant).min_by_key(|site| site.record.number).cloned()
        })
    }

    /// The site of a server key, and what its signatures are made with.
    #[must_use]
    pub fn by_server_key(&self, id: &str) -> Option<(Arc<SiteEntry>, String)> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_server_key.get(id).cloned()
    }

    /// The server keys of a site, by id, with their secrets.
    #[must_use]
    pub fn server_keys(&self, site: u32) -> Vec<(String, String)> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        let of_site = maps.by_server_key.iter().filter(|(_, (owner, _))| owner.record.number == site);
        let mut keys: Vec<_> = of_site.map(|(id, (_, secret))| (id.clone(), secret.clone())).collect();
        keys.sort();
        keys
    }

    /// The bundle with this content hash, current or one of the last few.
    #[must_use]
    pub fn bundle(&self, hash: &str) -> Option<Bytes> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        maps.by_key.values().find_map(|site| {
            if site.bundle.hash == hash {
                return Some(site.bundle.bytes.clone());
            }
            if let Some((_, bytes)) = site.bundle.previous.as_ref().filter(|(previous, _)| previous == hash) {
                return Some(bytes.clone());
            }
            site.older.iter().find(|older| older.hash == hash).map(|older| older.bytes.clone())
        })
    }

    /// What bundles are signed with.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Looks at the store again; compiles what changed. A site that cannot be read stays as it was.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn refresh(&self, control: &Control) -> Result<(), Error> {
        let _one_at_a_time = self.refreshing.lock().await;
        let mut maps = Maps::default();
        let key = self.signer.public_key();
        let rotated = self.signer.previous_key().is_some();
        let same_keys = |site: &SiteEntry| site.signed_by == key && site.bundle.previous.is_some() == rotated;
        for record in control.sites().await? {
            let known = self.by_key(&record.site.key);
            let entry = match known {
                Some(known)
                    if known.record == record && !known.is_due((self.clock)()) && same_keys(&known) =>
                {
                    known
                }
                known => match self.compile(control, record, known.as_deref()).await {
                    Ok(entry) => Arc::new(entry),
                    Err(error) => {
                        tracing::error!(%error, "a site cannot be compiled: its bundle stays as it was");
                        let Some(known) = known else { continue };
                        known
                    }
                },
            };
            maps.by_key.insert(entry.record.site.key.clone(), Arc::clone(&entry));
            maps.by_name.insert(entry.record.site.name.clone(), entry);
        }
        for record in control.server_keys().await? {
            let site = maps.by_key.values().find(|site| site.record.number == record.site);
            if let Some(site) = site.cloned() {
                maps.by_server_key.insert(record.key.id, (site, record.secret));
            }
        }
        *self.maps.write().unwrap_or_else(PoisonError::into_inner) = maps;
        Ok(())
    }

    async fn compile(
        &self,
        control: &Control,
        mut record: SiteRecord,
        known: Option<&SiteEntry>,
    ) -> Result<SiteEntry, Error> {
        let (source, revision) = control.source(record.number).await?;
        record.revision = revision;
        let unfit = |problems: Vec<attune_schema::api::Problem>| {
            let words =
                problems.into_iter().map(|problem| format!("{}: {}", problem.subject, problem.message));
            Error::Invalid(words.collect::<Vec<_>>().join("; "))
        };
        let (bundle, deciding) = self.signer.bundle(&source, revision, (self.clock)()).map_err(unfit)?;
        let mut older = known.map(|known| known.older.clone()).unwrap_or_default();
        if let Some(known) = known.filter(|known| known.bundle.hash != bundle.hash) {
            let SignedBundle { hash, bytes, revision, .. } = known.bundle.clone();
            older.push_front(Older { hash, bytes, revision, digest: known.deciding.programs.device.digest });
            older.truncate(KEPT);
        }
        let SiteSettings {
            measure_basis,
            address,
            bot_rules,
            receipts_percent,
            page_receipts_percent,
            hold_on_difference,
            ..
        } = source.site;
        let signed_by = self.signer.public_key();
        Ok(SiteEntry {
            record,
            measure_basis,
            address,
            bot_rules,
            receipts_percent,
            page_receipts_percent,
            hold_on_difference,
            bundle,
            deciding,
            signed_by,
            older,
        })
    }
}
