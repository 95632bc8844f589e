//! Whether pages decide what the engine here decides: who said that they did not.

use attune_schema::id::VisitorId;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Visitors, and addresses, that have to say so: a site's key is public, and one sender can say anything.
pub const WITNESSES: usize = 3;

/// What was found about the current bundle of each site.
#[derive(Debug, Default)]
pub struct Parity {
    sites: Mutex<HashMap<u32, Found>>,
}

#[derive(Debug, Default)]
struct Found {
    bundle: u128,
    visitors: BTreeSet<VisitorId>,
    addresses: BTreeSet<Option<IpAddr>>,
}

impl Found {
    fn is_believed(&self) -> bool {
        self.visitors.len() >= WITNESSES && self.addresses.len() >= WITNESSES
    }
}

impl Parity {
    /// A decision by `bundle` came out otherwise. True if it is believed from now on, and was not before.
    #[must_use]
    pub fn differs(&self, site: u32, bundle: u128, visitor: VisitorId, address: Option<IpAddr>) -> bool {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sites.entry(site).or_default();
        if found.bundle != bundle {
            *found = Found { bundle, ..Found::default() };
        }
        let before = found.is_believed();
        if !before {
            found.visitors.insert(visitor);
            found.addresses.insert(address);
        }
        !before && found.is_believed()
    }

    /// Whether it is believed that pages decide otherwise by `bundle`.
    #[must_use]
    pub fn is_believed(&self, site: u32, bundle: u128) -> bool {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        sites.get(&site).is_some_and(|found| found.bundle == bundle && found.is_believed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_is_not_believed() {
        let parity = Parity::default();
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        for visitor in 0..99 {
            assert!(!parity.differs(1, 7, VisitorId(visitor), address(1)));
        }
        assert!(!parity.differs(1, 7, VisitorId(1), address(2)));
        assert!(!parity.is_believed(1, 7));
        assert!(parity.differs(1, 7, VisitorId(1), address(3)));
        assert!(parity.is_believed(1, 7) && !parity.is_believed(2, 7));
        assert!(!parity.differs(1, 7, VisitorId(5), address(9)), "known already");
        assert!(!parity.differs(1, 8, VisitorId(5), address(9)), "of another bundle");
        assert!(!parity.is_believed(1, 7));
    }
}
