//! Schema changes, each applied once, in order; a failure stops start-up with the statement's number.

use crate::Error;
use clickhouse::Client;

/// The number of the last one; the first is 1.
pub(crate) const LAST: u32 = MIGRATIONS.len() as u32;

/// After its statements, `events` is sorted anew: see [`sort_by_visitor`].
const BY_VISITOR: u32 = 7;

/// `(number, statements)`; never edited once released.
const MIGRATIONS: [(u32, &str); 9] = [
    (1, include_str!("migrations/001_events.sql")),
    (2, include_str!("migrations/002_enrichment.sql")),
    (3, include_str!("migrations/003_raw.sql")),
    (4, include_str!("migrations/004_people.sql")),
    (5, include_str!("migrations/005_imports.sql")),
    (6, include_str!("migrations/006_ids.sql")),
    (BY_VISITOR, include_str!("migrations/007_by_visitor.sql")),
    (8, include_str!("migrations/008_retention.sql")),
    (9, include_str!("migrations/009_batches.sql")),
];

/// Refuses a cluster whose tables are not those of this program: only its operator can say where they are to be.
pub(crate) async fn check(client: &Client, database: &str, cluster: &str) -> Result<(), Error> {
    let known: u8 = client
        .query("SELECT count() > 0 FROM system.tables WHERE database = ? AND name = 'migrations'")
        .bind(database)
        .fetch_one()
        .await?;
    let last: u32 = match known {
        0 => 0,
        _ => client.query(&format!("SELECT max(number) FROM {database}.migrations")).fetch_one().await?,
    };
    if last >= LAST {
        return Ok(());
    }
    Err(Error::Question(format!(
        "the tables on cluster `{cluster}` are those of migration {last}, not {LAST}: make them by what \
         `attune warehouse schema --cluster {cluster}` prints"
    )))
}

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
        if number == BY_VISITOR {
            sort_by_visitor(&client, database).await?;
        }
        client
            .query(&format!("INSERT INTO {database}.migrations (number) VALUES ({number})"))
            .execute()
            .await?;
        tracing::info!(number, "warehouse migration applied");
    }
    Ok(())
}

/// Copies `events` into `events_by_visitor`, which takes its place. Cut short at any point, it can be done again; until it
/// is over, the rows are on the disk twice.
async fn sort_by_visitor(client: &Client, database: &str) -> Result<(), Error> {
    let key: String = client
        .query("SELECT sorting_key FROM system.tables WHERE database = ? AND name = 'events'")
        .bind(database)
        .fetch_one()
        .await?;
    if key != "site, day, visitor, at" {
        let shared: Vec<String> = client
            .query(
                "SELECT name FROM system.columns WHERE database = ? AND table = 'events_by_visitor' \
                 AND default_kind = '' AND name IN (SELECT name FROM system.columns WHERE database = ? \
                 AND table = 'events' AND default_kind = '') ORDER BY position",
            )
            .bind(database)
            .bind(database)
            .fetch_all()
            .await?;
        let columns = shared.join(", ");
        let (high, low) = (half("id", 1), half("id", 9));
        let copy = format!(
            "INSERT INTO {database}.events_by_visitor ({columns}, id_time_ms, id_middle, id_low, received_after_ms) \
             SELECT {columns}, toInt64(bitShiftRight({high}, 16)) - toUnixTimestamp64Milli(at), \
             toUInt16(bitAnd({high}, 65535)), {low}, \
             toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(at) FROM {database}.events"
        );
        client.query(&format!("TRUNCATE TABLE {database}.events_by_visitor")).execute().await?;
        let copying = client.clone().with_setting("max_partitions_per_insert_block", "0");
        copying.query(&copy).execute().await?;
        let exchange = format!("EXCHANGE TABLES {database}.events AND {database}.events_by_visitor");
        client.query(&exchange).execute().await?;
    }
    client.query(&format!("DROP TABLE IF EXISTS {database}.events_by_visitor SYNC")).execute().await?;
    Ok(())
}

/// Eight bytes of a UUID, from byte `first` on, as a number.
fn half(id: &str, first: u8) -> String {
    format!("reinterpretAsUInt64(reverse(substring(UUIDToNum({id}), {first}, 8)))")
}
