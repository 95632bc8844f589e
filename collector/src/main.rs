//! attune
fn main() {}
