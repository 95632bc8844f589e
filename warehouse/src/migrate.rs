//! Schema changes, each applied once, in order; a failure stops start-up with the statement's number.

use crate::Error;
use clickhouse::Client;

/// `(number, statements)`; never edited once released.
const MIGRATIONS: [(u32, &str); 6] = [
    (1, include_str!("migrations/001_events.sql")),
    (2, include_str!("migrations/002_enrichment.sql")),
    (3, include_str!("migrations/003_raw.sql")),
    (4, include_str!("migrations/004_people.sql")),
    (5, include_str!("migrations/005_imports.sql")),
    (6, include_str!("migrations/006_ids.sql")),
];

/// Brings the tables of `database` up to date.
pub(crate) async fn migrate(client: &Client, database: &str) -> Result<(), Error> {
    client.query(&format!("CREATE DATABASE IF NOT EXISTS {database}")).execute().await?;
    let client = client.clone().with_database(database);
    let ledger = format!(
        "CREATE TABLE IF NOT EXISTS {database}.migrations (number UInt32, applied_at DateTime DEFAULT now()) \
         ENGINE = MergeTree ORDER BY number"
    );
    client.query(&ledger).execute().await?;
    let applied: Vec<u32> =
        client.query(&format!("SELECT number FROM {database}.migrations")).fetch_all().await?;
    for (number, statements) in MIGRATIONS {
        if applied.contains(&number) {
            continue;
        }
        for statement in statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            let qualified = statement
                .replace("CREATE TABLE IF NOT EXISTS ", &format!("CREATE TABLE IF NOT EXISTS {database}."))
                .replace("INSERT INTO ", &format!("INSERT INTO {database}."))
                .replace(" FROM ", &format!(" FROM {database}."))
                .replace("ALTER TABLE ", &format!("ALTER TABLE {database}."));
            client.query(&qualified.replace('?', "??")).execute().await?;
        }
        client
            .query(&format!("INSERT INTO {database}.migrations (number) VALUES ({number})"))
            .execute()
            .await?;
        tracing::info!(number, "warehouse migration applied");
    }
    Ok(())
}
