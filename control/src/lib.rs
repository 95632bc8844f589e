//! Workspaces, sites, users and versioned documents in a relational store.
