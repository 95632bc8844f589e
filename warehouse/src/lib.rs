//! ClickHouse: tables, migrations, inserts and analytic queries, embedded or served.

pub mod row;
