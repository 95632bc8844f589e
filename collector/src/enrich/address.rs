//! What is kept of a network address: what the site's policy leaves of it, and nothing before that is written.

use crate::foreign::salt::DailySalt;
use attune_schema::source::AddressPolicy;
use attune_schema::time::Timestamp;
use ipnet::IpNet;
use std::io;
use std::net::IpAddr;

/// Bits of an IPv4 address that are kept.
const V4_BITS: u8 = 24;
/// Bits of an IPv6 address that are kept: what a provider gives to one customer or several.
const V6_BITS: u8 = 48;

/// What `policy` leaves of `address`: nothing, its network, or a hash that is another one tomorrow.
///
/// # Errors
/// If the key of the day cannot be kept.
pub fn kept(
    policy: AddressPolicy,
    address: Option<IpAddr>,
    site: u32,
    salt: &DailySalt,
    now: Timestamp,
) -> io::Result<String> {
    let Some(address) = address else { return Ok(String::new()) };
    match policy {
        AddressPolicy::None => Ok(String::new()),
        AddressPolicy::Truncated => {
            Ok(network(address).map(|network| network.to_string()).unwrap_or_default())
        }
        AddressPolicy::Hashed => salt.address(now, site, address),
    }
}

fn network(address: IpAddr) -> Option<IpNet> {
    let bits = if address.is_ipv4() { V4_BITS } else { V6_BITS };
    IpNet::new(address, bits).ok().map(|network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_network_is_kept() {
        let check = |address: &str, kept: &str| {
            assert_eq!(network(address.parse().unwrap()).unwrap().to_string(), kept);
        };
        check("192.0.2.77", "192.0.2.0/24");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48");
    }
}
