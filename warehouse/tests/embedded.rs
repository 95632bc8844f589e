//! The engine in this process, asked through the client of a server.

use attune_warehouse::embedded::{Embedded, find_library};
use clickhouse::Client;
use std::time::Duration;

/// Rows until the end, or until something goes wrong.
async fn numbers(client: &Client, sql: &str) -> (Vec<u64>, Option<String>) {
    let mut rows = Vec::new();
    let mut cursor = client.query_raw(sql).fetch::<u64>().unwrap();
    loop {
        match cursor.next().await {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return (rows, None),
            Err(error) => return (rows, Some(error.to_string())),
        }
    }
}

#[tokio::test]
async fn answers_come_as_they_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let embedded = Embedded::open(&find_library().expect("libchdb"), dir.path()).unwrap();
    let client = embedded.client().with_validation(false).with_setting("max_block_size", "10000");

    for rows in [0, 1, 1_000_000] {
        let (seen, error) = numbers(&client, &format!("SELECT number FROM numbers({rows})")).await;
        assert_eq!((seen.len(), error), (rows, None));
        assert!(seen.into_iter().eq(0..rows as u64));
    }

    // Blocks of which nothing is left are no end.
    let sparse = "SELECT number FROM numbers(10000000) WHERE number % 5000000 = 4999999";
    assert_eq!(numbers(&client, sparse).await, (vec![4_999_999, 9_999_999], None));

    let (none, error) = numbers(&client, "SELECT nonsense FROM numbers(10)").await;
    assert!(none.is_empty());
    assert!(error.unwrap().contains("nonsense"));
    let broken = "SELECT toUInt64(number + throwIf(number = 500000, 'no more')) FROM numbers(1000000)";
    let (some, error) = numbers(&client, broken).await;
    assert!(some.len() >= 10_000 && some.len() <= 500_000, "{} rows before it broke", some.len());
    assert!(error.unwrap().contains("no more"));

    // Who goes away gives the connection back, of which there are few, with the settings of the next.
    for _ in 0..20 {
        let mut cursor = client.query_raw("SELECT number FROM numbers(10000000000)").fetch::<u64>().unwrap();
        assert_eq!(cursor.next().await.unwrap(), Some(0));
    }
    let sleepy = "SELECT toUInt64(getSetting('max_block_size') + sleep(0.5))";
    let client = embedded.client();
    let all = async {
        tokio::join!(
            numbers(&client, sleepy),
            numbers(&client, sleepy),
            numbers(&client, sleepy),
            numbers(&client, sleepy)
        )
    };
    let (a, b, c, d) = tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
    for (setting, error) in [a, b, c, d] {
        assert_ne!(setting, [10_000]);
        assert_eq!(error, None);
    }
    embedded.close().await;
}
