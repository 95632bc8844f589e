//! Writes a small country file (`.mmdb`, version 2): <https://maxmind.github.io/MaxMind-DB/>.

use std::net::IpAddr;

/// A file that knows the countries of these networks (IPv4 or IPv6, with the bits of their prefix).
pub fn file(networks: &[(&str, u8, &str)]) -> Vec<u8> {
    // Where a side of a node leads: nowhere, to a node, or to a country.
    #[derive(Clone, Copy)]
    enum Side {
        Nowhere,
        Node(usize),
        Country(usize),
    }
    let mut nodes = vec![[Side::Nowhere; 2]];
    for (country, (address, bits, _)) in networks.iter().enumerate() {
        // IPv4 lies below ::/96.
        let (key, bits) = match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), bits + 96),
            IpAddr::V6(v6) => (u128::from(v6), *bits),
        };
        let mut at = 0;
        for depth in 0..bits {
            let side = (key >> (127 - depth) & 1) as usize;
            if depth + 1 == bits {
                nodes[at][side] = Side::Country(country);
                break;
            }
            at = match nodes[at][side] {
                Side::Node(next) => next,
                _ => {
                    nodes.push([Side::Nowhere; 2]);
                    let next = nodes.len() - 1;
                    nodes[at][side] = Side::Node(next);
                    next
                }
            };
        }
    }
    let mut data = Vec::new();
    let mut places = Vec::new();
    for (.., code) in networks {
        places.push(data.len());
        map(&mut data, 1);
        text(&mut data, "country");
        map(&mut data, 2);
        text(&mut data, "iso_code");
        text(&mut data, code);
        // Finer than we read.
        text(&mut data, "names");
        map(&mut data, 0);
    }
    let mut out = Vec::new();
    for side in nodes.iter().flatten() {
        let record = match side {
            Side::Nowhere => nodes.len(),
            Side::Node(node) => *node,
            Side::Country(country) => nodes.len() + 16 + places[*country],
        };
        out.extend_from_slice(&(record as u32).to_be_bytes()[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    map(&mut out, 9);
    for (name, number) in [
        ("binary_format_major_version", 2u16),
        ("binary_format_minor_version", 0),
        ("ip_version", 6),
        ("record_size", 24),
    ] {
        text(&mut out, name);
        out.push(5 << 5 | 2);
        out.extend_from_slice(&number.to_be_bytes());
    }
    text(&mut out, "node_count");
    out.push(6 << 5 | 4);
    out.extend_from_slice(&(nodes.len() as u32).to_be_bytes());
    text(&mut out, "build_epoch");
    out.extend_from_slice(&[8, 2]);
    out.extend_from_slice(&1_700_000_000u64.to_be_bytes());
    text(&mut out, "database_type");
    text(&mut out, "Test-Country");
    text(&mut out, "languages");
    out.extend_from_slice(&[0, 4]);
    text(&mut out, "description");
    map(&mut out, 0);
    out
}

fn map(out: &mut Vec<u8>, pairs: u8) {
    out.push(7 << 5 | pairs);
}

fn text(out: &mut Vec<u8>, text: &str) {
    let size = u8::try_from(text.len()).unwrap();
    if size < 29 {
        out.push(2 << 5 | size);
    } else {
        out.extend_from_slice(&[2 << 5 | 29, size - 29]);
    }
    out.extend_from_slice(text.as_bytes());
}
