//! The store on a real SQLite file, or on a real PostgreSQL server.

use attune_control::{Control, Error, Kind, Random, SdkRelease};
use attune_schema::api::{NewSite, SiteChange};
use attune_schema::source::{AddressPolicy, CampaignStatus, Placement, SiteSettings};
use attune_schema::time::{DAY_MS, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The address of a new store: SQLite, or a new database of the PostgreSQL server at `ATTUNE_TEST_POSTGRES`
/// (`postgres://user@host:port`).
async fn address() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    if let Ok(server) = std::env::var("ATTUNE_TEST_POSTGRES") {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let name = format!("attune_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(create).execute(&pool).await.unwrap();
        return (dir, format!("{server}/{name}"));
    }
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("control.db").display());
    (dir, url)
}

async fn open() -> (tempfile::TempDir, Control) {
    let (dir, url) = address().await;
    let control = Control::open_with(&url, Arc::new(Counting(AtomicU8::new(0)))).await.unwrap();
    (dir, control)
}

fn site(name: &str) -> NewSite {
    NewSite { name: name.to_owned(), origins: vec!["https://bank.test".to_owned()] }
}

fn placement(id: &str, name: &str) -> Placement {
    Placement { id: id.to_owned(), name: name.to_owned(), budget_ms: 500 }
}

#[tokio::test]
async fn site_numbers_and_keys_are_given_once() {
    let (_dir, control) = open().await;
    let first = control.add_site(&site("bank"), NOW).await.unwrap();
    assert_eq!(first.number, 1);
    assert_eq!(first.site.key, "pk_0123456789ABCDEFGHIJKL");
    assert!(matches!(control.add_site(&site("bank"), NOW).await, Err(Error::Exists { .. })));
    assert!(matches!(control.add_site(&site("a b"), NOW).await, Err(Error::Invalid(_))));
    let second = control.add_site(&site("shop"), NOW).await.unwrap();
    assert!(second.number > first.number);
    assert_eq!(control.sites().await.unwrap(), [first, second]);
}

#[tokio::test]
async fn a_site_changes_what_is_named_and_nothing_else() {
    let (_dir, control) = open().await;
    let site = control.add_site(&site("bank"), NOW).await.unwrap();
    let paused = SiteChange { paused: Some(true), origins: None };
    let paused = control.change_site(site.number, &paused).await.unwrap();
    assert!(paused.site.paused && paused.revision > site.revision);
    assert_eq!(paused.site.origins, site.site.origins);
    let moved = SiteChange { paused: None, origins: Some(vec!["https://new.test".to_owned()]) };
    let moved = control.change_site(site.number, &moved).await.unwrap();
    assert!(moved.site.paused);
    assert_eq!(moved.site.origins, ["https://new.test"]);
    let wrong = SiteChange { paused: None, origins: Some(vec!["new.test".to_owned()]) };
    assert!(matches!(control.change_site(site.number, &wrong).await, Err(Error::Invalid(_))));
    let rotated = control.rotate_key(site.number).await.unwrap();
    assert_ne!(rotated.site.key, site.site.key);
    assert_eq!(control.sites().await.unwrap(), [rotated]);
    assert!(matches!(control.rotate_key(77).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn the_file_is_private_and_survives_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("with space %?#.db");
    let control = Control::open_file(&path).await.unwrap();
    control.add_site(&site("bank"), NOW).await.unwrap();
    control.close().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let control = Control::open_file(&path).await.unwrap();
    assert_eq!(control.sites().await.unwrap().len(), 1);
}

#[tokio::test]
async fn sessions_slide_and_end() {
    let (_dir, control) = open().await;
    control.add_user("kim", "correct horse", NOW).await.unwrap();
    assert!(matches!(control.add_user("kim", "correct horse", NOW).await, Err(Error::Exists { .. })));
    assert!(matches!(control.add_user("lee", "short", NOW).await, Err(Error::Invalid(_))));
    assert_eq!(control.sign_in("kim", "wrong horse", NOW).await.unwrap(), None);
    assert_eq!(control.sign_in("nobody", "correct horse", NOW).await.unwrap(), None);
    let token = control.sign_in("kim", "correct horse", NOW).await.unwrap().unwrap();
    let later = NOW.plus_ms(13 * DAY_MS);
    assert_eq!(control.session(&token, later).await.unwrap().map(|user| user.name).as_deref(), Some("kim"));
    let much_later = later.plus_ms(13 * DAY_MS);
    assert_eq!(
        control.session(&token, much_later).await.unwrap().map(|user| user.name).as_deref(),
        Some("kim"),
        "it slides"
    );
    assert_eq!(control.session(&token, much_later.plus_ms(15 * DAY_MS)).await.unwrap(), None);
    let token = control.sign_in("kim", "correct horse", NOW).await.unwrap().unwrap();
    control.sign_out(&token).await.unwrap();
    assert_eq!(control.session(&token, NOW).await.unwrap(), None);
    let token = control.sign_in("kim", "correct horse", NOW).await.unwrap().unwrap();
    control.set_password("kim", "another horse").await.unwrap();
    assert_eq!(control.session(&token, NOW).await.unwrap(), None, "a new password ends sessions");
}

#[tokio::test]
async fn of_two_editors_racing_one_wins_and_the_other_sees_what_is_there() {
    let (_dir, control) = open().await;
    let site = control.add_site(&site("bank"), NOW).await.unwrap().number;
    control.create(site, placement("hero", "first"), "kim", NOW).await.unwrap();
    for round in 1..=10u64 {
        let write = |name: &'static str| {
            let control = control.clone();
            tokio::spawn(async move { control.update(site, round, placement("hero", name), name, NOW).await })
        };
        let (kim, lee) = (write("kim"), write("lee"));
        let results = [kim.await.unwrap(), lee.await.unwrap()];
        let won: Vec<_> = results.iter().filter_map(|r| r.as_ref().ok()).collect();
        assert_eq!(won.len(), 1);
        assert_eq!(won[0].version, round + 1);
        let lost = results.iter().find_map(|r| r.as_ref().err()).unwrap();
        let Error::Conflict { current, .. } = lost else { panic!("{lost}") };
        assert_eq!(current.version, round + 1);
        assert_eq!(current.body["name"], won[0].body.name.as_str());
    }
    assert_eq!(control.history(site, Kind::Placement, "hero").await.unwrap().len(), 11);
}

#[tokio::test]
async fn deleting_needs_the_version_and_keeps_history() {
    let (_dir, control) = open().await;
    let site = control.add_site(&site("bank"), NOW).await.unwrap().number;
    control.create(site, placement("hero", "one"), "kim", NOW).await.unwrap();
    let taken = control.create(site, placement("hero", "two"), "lee", NOW).await;
    assert!(matches!(taken, Err(Error::Conflict { .. })));
    let stale = control.delete::<Placement>(site, "hero", 7, "lee", NOW).await;
    assert!(matches!(stale, Err(Error::Conflict { .. })));
    control.delete::<Placement>(site, "hero", 1, "lee", NOW).await.unwrap();
    assert!(matches!(control.document::<Placement>(site, "hero").await, Err(Error::NotFound { .. })));
    let again = control.create(site, placement("hero", "three"), "kim", NOW).await.unwrap();
    assert_eq!(again.version, 3, "versions go on");
    let history = control.history(site, Kind::Placement, "hero").await.unwrap();
    assert_eq!(history.iter().map(|past| past.body.is_some()).collect::<Vec<_>>(), [true, false, true]);
}

#[tokio::test]
async fn the_source_is_in_id_order_and_its_revision_rises() {
    let (_dir, control) = open().await;
    let site = control.add_site(&site("bank"), NOW).await.unwrap().number;
    let (empty, first) = control.source(site).await.unwrap();
    assert_eq!(empty, attune_schema::source::Source::default());
    for id in ["z", "B", "a"] {
        control.create(site, placement(id, ""), "kim", NOW).await.unwrap();
    }
    let settings = control.settings(site).await.unwrap();
    assert_eq!(settings.version, 0);
    let changed = SiteSettings { holdout_percent: 10.0, ..settings.body };
    assert_eq!(control.update(site, 0, changed.clone(), "kim", NOW).await.unwrap().version, 1);
    assert!(matches!(control.update(site, 0, changed, "lee", NOW).await, Err(Error::Conflict { .. })));
    let (source, revision) = control.source(site).await.unwrap();
    assert_eq!(source.placements.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["B", "a", "z"]);
    assert!((source.site.holdout_percent - 10.0).abs() < f64::EPSILON);
    assert_eq!(revision, first + 4);
}

#[tokio::test]
async fn the_secret_of_a_site_is_made_once() {
    let (_dir, control) = open().await;
    let (a, b) = tokio::join!(control.hash_secret(1), control.hash_secret(1));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a, b);
    assert_eq!(a.len(), 43);
    assert_ne!(control.hash_secret(2).await.unwrap(), a);
}

#[tokio::test]
async fn server_keys_belong_to_a_site_and_can_be_revoked() {
    let (_dir, control) = open().await;
    let first = control.add_server_key(1, "core banking", NOW).await.unwrap();
    let second = control.add_server_key(2, "call centre", NOW.plus_ms(1)).await.unwrap();
    assert_ne!((&first.key.id, &first.secret), (&second.key.id, &second.secret));
    assert!(!format!("{first:?}").contains(&first.secret));
    assert_eq!(control.server_keys().await.unwrap(), [first.clone(), second.clone()]);
    assert!(matches!(control.revoke_server_key(2, &first.key.id).await, Err(Error::NotFound { .. })));
    control.revoke_server_key(1, &first.key.id).await.unwrap();
    assert_eq!(control.server_keys().await.unwrap(), [second]);
    for label in ["", " ", "a\nb", &"x".repeat(65)] {
        assert!(matches!(control.add_server_key(1, label, NOW).await, Err(Error::Invalid(_))), "{label:?}");
    }
}

#[tokio::test]
async fn what_the_first_version_wrote_is_read_and_goes_on() {
    let (_dir, url) = address().await;
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    let first = sqlx::migrate!("./migrations").iter().take(1).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(first).run(&pool).await.unwrap();
    sqlx::raw_sql(include_str!("first_version.sql")).execute(&pool).await.unwrap();
    pool.close().await;

    let control = Control::open(&url).await.unwrap();
    assert_eq!(control.sign_in("kim", "wrong horse", NOW).await.unwrap(), None);
    assert!(control.sign_in("kim", "correct horse", NOW).await.unwrap().is_some());
    let token = "EMPNKujiQ1mdsDWXjrDROl9MRZk0oYlnkvIgv-sttzQ";
    assert_eq!(control.session(token, NOW).await.unwrap().map(|user| user.name).as_deref(), Some("kim"));

    let bank = control.sites().await.unwrap().remove(0);
    assert_eq!((bank.number, bank.revision, bank.site.paused), (3, 7, true));
    assert_eq!(bank.site.key, "pk_T6NvcCSFwx9GsjbHtl6vvm");
    let (source, revision) = control.source(3).await.unwrap();
    assert_eq!((revision, source.site.holdout_percent.to_bits()), (7, 12.5f64.to_bits()));
    assert_eq!(source.site.address, AddressPolicy::None, "nothing of an address, unless somebody says so");
    assert_eq!(source.site.bot_rules, []);
    assert_eq!(source.attributes[0].id, "tier");
    assert_eq!(source.offers[0].content["ko"]["title"], "바다로");
    assert_eq!(source.campaigns[0].status, CampaignStatus::Running);
    // Every document would be written again as it is.
    let again = serde_json::to_value(&source).unwrap();
    let stored = include_str!("first_version.sql");
    for (kind, id) in [("audiences", "travellers"), ("offers", "sea"), ("campaigns", "summer")] {
        let body = format!("{{\"id\":\"{id}\"");
        let line = stored.lines().find(|line| line.contains(&body)).unwrap();
        let body = line[line.find(&body).unwrap()..].trim_end_matches([',', ';']).strip_suffix("')").unwrap();
        assert_eq!(again[kind][0], serde_json::from_str::<serde_json::Value>(body).unwrap());
    }

    // Versions, numbers and what came later go on from there.
    let hero = control.update(3, 2, placement("hero", "third"), "kim", NOW).await.unwrap();
    assert_eq!(hero.version, 3);
    assert_eq!(control.history(3, Kind::Placement, "hero").await.unwrap().len(), 3);
    assert_eq!(control.create(3, placement("foot", "again"), "kim", NOW).await.unwrap().version, 3);
    assert_eq!(control.add_site(&site("shop"), NOW).await.unwrap().number, 4);
    assert_eq!(control.server_keys().await.unwrap(), []);
    control.add_server_key(3, "core banking", NOW).await.unwrap();
    assert_eq!(control.hash_secret(3).await.unwrap().len(), 43);
    assert_eq!(control.erasures(3).await.unwrap(), []);
}

#[tokio::test]
async fn releases_of_the_sdk_are_kept_until_nobody_needs_them() {
    let (_dir, control) = open().await;
    let release = |id: &str, at: i64, more: &str| SdkRelease {
        id: id.to_owned(),
        version: format!("{at}"),
        script: format!("attune-{id}.js"),
        files: [format!("attune-{id}.js"), more.to_owned()].map(|name| (name, "sha256-x".to_owned())).into(),
        added_at: NOW.plus_ms(at),
    };
    let bodies = |id: &str, more: &str| {
        [
            (format!("attune-{id}.js"), id.as_bytes().to_vec()),
            (format!("{more}.br"), vec![0, 255]),
            (more.to_owned(), vec![]),
        ]
    };
    let (one, two) = (release("a", 1, "shared.js"), release("b", 2, "shared.js"));
    control.add_sdk(&two, bodies("b", "shared.js")).await.unwrap();
    control.add_sdk(&one, bodies("a", "shared.js")).await.unwrap();
    control.add_sdk(&one, [("attune-a.js".to_owned(), b"other".to_vec())]).await.unwrap();
    assert_eq!(control.sdk_releases().await.unwrap(), [one, two], "oldest first, each once");
    assert_eq!(
        control.sdk_file("attune-a.js").await.unwrap().unwrap(),
        b"a",
        "a name is one content for ever"
    );
    assert_eq!(control.sdk_file("shared.js.br").await.unwrap().unwrap(), [0, 255]);
    assert_eq!(control.sdk_file("nothing.js").await.unwrap(), None);

    assert_eq!(control.sdk_choice().await.unwrap(), None);
    control.choose_sdk(Some("a")).await.unwrap();
    control.choose_sdk(Some("b")).await.unwrap();
    assert_eq!(control.sdk_choice().await.unwrap().as_deref(), Some("b"));
    control.choose_sdk(None).await.unwrap();
    assert_eq!(control.sdk_choice().await.unwrap(), None);

    control.add_sdk_tag("h", "b", "loader").await.unwrap();
    assert_eq!(control.sdk_tag("h").await.unwrap().as_deref(), Some("loader"));
    assert_eq!(control.sdk_tag("g").await.unwrap(), None);
    assert!(!control.remove_sdk("b").await.unwrap(), "pages pin it");
    assert!(!control.remove_sdk("c").await.unwrap(), "there is none");
    assert!(control.remove_sdk("a").await.unwrap());
    assert_eq!(control.sdk_file("attune-a.js").await.unwrap(), None);
    assert!(control.sdk_file("shared.js").await.unwrap().is_some(), "the other release has it");
}
