//! Files of people, lists, transactions and Parquet through the command line, into the real engine.

#![expect(clippy::print_stderr, reason = "what is measured is shown")]

mod common;

use common::process::{Attune, now_ms};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// A server with a site, and its command line.
struct Bench {
    dir: tempfile::TempDir,
    server: Attune,
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Attune::start(&dir.path().join("data")).await;
        let bench = Self { dir, server };
        bench.ok(&["site", "add", "bank", "--json"]);
        for (id, label) in [("tier", "public"), ("score", "server-only"), ("branch", "device-ok")] {
            let made = bench
                .server
                .call(Method::POST, "/api/sites/bank/attributes", Some(json!({ "id": id, "label": label })))
                .await;
            assert_eq!(made["body"]["id"], id, "{made}");
        }
        bench
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
        command.args(arguments).arg("--data").arg(self.dir.path().join("data")).stdin(Stdio::null());
        command.env_remove("CLICKHOUSE_URL").env("ATTUNE_LOG", "error").output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        last(&output)
    }

    /// Fails; what it says, and its last line.
    fn fails(&self, arguments: &[&str]) -> (String, Value) {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        (String::from_utf8(output.stderr.clone()).unwrap(), last(&output))
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// Lets the site know users by their events.
    async fn known(&self, users: &[&str]) {
        let lines: String = users.iter().map(|user| format!("{user},{}\n", now_ms() - 1_000)).collect();
        let file = self.file("known.csv", format!("user,at\n{lines}"));
        let mapping = self.file(
            "known.toml",
            "user = \"user\"\n[time]\ncolumn = \"at\"\nformat = \"unix_ms\"\n[[name]]\nis = \"signed_in\"\n",
        );
        let done = self.ok(&["import", "--site", "bank", "--mapping", &mapping, &file]);
        assert_eq!(done["imported"], users.len(), "{done}");
    }

    async fn said_of(&self, user: &str) -> Value {
        self.server.call(Method::GET, &format!("/api/sites/bank/imported?user={user}"), None).await
    }

    async fn lists(&self) -> Value {
        self.server.call(Method::GET, "/api/sites/bank/lists", None).await
    }

    fn people(&self, file: &str, more: &[&str]) -> Value {
        self.ok(&[&["import", "people", file, "--site", "bank", "--user", "id"], more].concat())
    }

    fn hash(&self, what: &[&str], file: &str, column: &str) -> Vec<String> {
        let all = [&["hash", "--site", "bank", "--column", column, file, "--normalise"], what].concat();
        let output = self.run(&all);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().skip(1).map(str::to_owned).collect()
    }
}

fn last(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_file_is_right_and_what_it_does_not_speak_of_stays() {
    let bench = Bench::new().await;
    bench.known(&["cust_1", "cust_2"]).await;
    let first = bench.file("a.csv", "id,tier,score\ncust_1,gold,7\ncust_2,silver,\ncust_9,gold,1\n");
    let dry = bench.people(&first, &["--dry-run"]);
    assert_eq!(
        [&dry["state"], &dry["read"], &dry["taken"], &dry["known"], &dry["rejected"]],
        [&json!("dry_run"), &json!(3), &json!(3), &json!(2), &json!(0)]
    );
    assert_eq!(dry["labels"], json!({ "score": "server-only", "tier": "public" }));
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({}), "a dry run stores nothing");

    assert_eq!(bench.people(&first, &[])["state"], "imported");
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "gold", "score": 7.0 }));
    assert_eq!(bench.people(&first, &[])["state"], "already_imported");

    // Another column, and an empty cell.
    let second = bench.file("b.csv", "id,branch,score\ncust_1,Seoul 1,\n");
    bench.people(&second, &[]);
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "gold", "branch": "Seoul 1" }));
    assert_eq!(bench.said_of("cust_2").await["attributes"], json!({ "tier": "silver" }));
    // NDJSON speaks of what a line has.
    let third = bench.file(
        "c.ndjson",
        "{\"id\":\"cust_1\",\"tier\":\"black\"}\n{\"id\":\"cust_2\",\"branch\":\"Busan\"}\n",
    );
    bench.people(&third, &[]);
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "black", "branch": "Seoul 1" }));
    assert_eq!(bench.said_of("cust_2").await["attributes"], json!({ "tier": "silver", "branch": "Busan" }));
    // The first again says something else than what holds: it is meant.
    assert_eq!(bench.people(&first, &[])["state"], "imported");
    assert_eq!(
        bench.said_of("cust_1").await["attributes"],
        json!({ "tier": "gold", "branch": "Seoul 1", "score": 7.0 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_right_changes_nothing() {
    let bench = Bench::new().await;
    let good = bench.file("good.csv", "id,tier\ncust_1,gold\n");
    bench.people(&good, &[]);
    let import = |file: &str, more: &[&str]| {
        bench.fails(&[&["import", "people", file, "--site", "bank", "--user", "id"], more].concat())
    };
    let unknown = bench.file("unknown.csv", "id,tier,colour,shoe\ncust_1,x,red,9\n");
    assert!(import(&unknown, &[]).0.contains("no attribute of the site is declared for: colour, shoe"));
    let other = bench.file("other.csv", "who,tier\ncust_1,x\n");
    assert!(import(&other, &[]).0.contains("it has no column `id`; it has tier, who"));
    let twice = bench.file("columns.csv", "id,tier,tier\ncust_1,x,y\n");
    assert!(import(&twice, &[]).0.contains("it has two columns `tier`"));

    let bad = bench.file(
        "bad.csv",
        "id,tier\ncust_1,x\nkim@bank.example,x\n010-1234-5678,x\n900101-1234567,x\n,x\ncust_2,a\ncust_2,b\n\
         cust_3,x\ncust_3,x\ncust_4\n",
    );
    let (said, report) = import(&bad, &[]);
    assert_eq!(report["state"], "rejected");
    assert_eq!([&report["read"], &report["rejected"], &report["duplicate"]], [10, 6, 1]);
    assert_eq!(
        report["reasons"],
        json!({
            "looks_like_email": { "rows": 1, "at": [3] },
            "looks_like_phone": { "rows": 1, "at": [4] },
            "looks_like_national_id": { "rows": 1, "at": [5] },
            "no_key": { "rows": 1, "at": [6] },
            "said_otherwise_before": { "rows": 1, "at": [8] },
            "not_a_row": { "rows": 1, "at": [11] },
        })
    );
    assert!(
        said.contains("nothing was imported: 6 of 10 rows are rejected, and --max-rejects is 0"),
        "{said}"
    );
    assert!(!said.contains("kim@") && !said.contains("1234"), "no value is shown: {said}");
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "gold" }));
    // As many as are allowed.
    assert_eq!(bench.people(&bad, &["--max-rejects", "6"])["taken"], 3);
    assert_eq!(bench.said_of("cust_3").await["attributes"], json!({ "tier": "x" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_breaks_off_is_not_seen_and_is_completed_by_the_next() {
    let mut bench = Bench::new().await;
    let first = bench.file("first.csv", "id,tier\ncust_1,gold\n");
    bench.people(&first, &[]);
    let rows: String = (0..120_000).map(|n| format!("cust_{n},new\n")).collect();
    let file = bench.file("many.csv", format!("id,tier\n{rows}"));
    // The command is killed while its rows are being staged.
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    command.args(["import", "people", &file, "--site", "bank", "--user", "id", "--data"]);
    command
        .arg(bench.dir.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The first line that it says comes before the first rows.
    let mut said = [0u8; 1];
    std::io::Read::read_exact(child.stderr.as_mut().unwrap(), &mut said).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "gold" }));
    assert_eq!(bench.said_of("cust_2").await["attributes"], json!({}));
    // And then the server.
    let data = bench.dir.path().join("data");
    let server = std::mem::replace(&mut bench.server, Attune::start(&bench.dir.path().join("other")).await);
    server.kill();
    bench.server = Attune::start(&data).await;
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "gold" }));
    let done = bench.people(&file, &[]);
    assert_eq!([&done["state"], &done["taken"]], [&json!("imported"), &json!(120_000)]);
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "new" }));
    assert_eq!(bench.people(&file, &[])["state"], "already_imported");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_its_last_file_and_empties_itself() {
    let bench = Bench::new().await;
    bench.known(&["cust_1", "cust_2"]).await;
    let list = |file: &str, expires: &str| {
        bench.ok(&[
            "import",
            "list",
            file,
            "--site",
            "bank",
            "--name",
            "vip",
            "--expires",
            expires,
            "--user",
            "id",
        ])
    };
    let first = bench.file("vip.csv", "id,note\ncust_1,x\ncust_2,y\ncust_2,z\ncust_7,w\n");
    let done = list(&first, "2099-01-01");
    assert_eq!([&done["taken"], &done["duplicate"], &done["known"]], [3, 1, 2]);
    let lists = bench.lists().await;
    assert_eq!(
        [&lists[0]["name"], &lists[0]["people"], &lists[0]["known"]],
        [&json!("vip"), &json!(3), &json!(2)]
    );
    assert_eq!(lists[0]["expires_at"], 4_070_908_800_000_i64);
    assert_eq!(list(&first, "2099-01-01")["state"], "already_imported");
    assert_eq!(bench.said_of("cust_2").await["lists"], json!(["vip"]));

    let second = bench.file("vip2.csv", "id\ncust_1\n");
    list(&second, "2099-01-01");
    assert_eq!(bench.lists().await[0]["people"], 1);
    assert_eq!(bench.said_of("cust_2").await["lists"], json!([]));
    // The same people, for a moment.
    let soon = jiff::Timestamp::from_millisecond(now_ms() + 3_000).unwrap().to_string();
    assert_eq!(list(&second, &soon)["state"], "imported");
    assert_eq!(bench.said_of("cust_1").await["lists"], json!(["vip"]));
    tokio::time::sleep(std::time::Duration::from_millis(3_200)).await;
    assert_eq!(bench.said_of("cust_1").await["lists"], json!([]));
    assert_eq!(bench.lists().await[0]["people"], 0);

    let past = [
        "import",
        "list",
        &second,
        "--site",
        "bank",
        "--name",
        "vip",
        "--expires",
        "2020-01-01",
        "--user",
        "id",
    ];
    assert!(bench.fails(&past).0.contains("list `vip` would expire in the past"));
    let name = [
        "import",
        "list",
        &second,
        "--site",
        "bank",
        "--name",
        "v p",
        "--expires",
        "2099-01-01",
        "--user",
        "id",
    ];
    assert!(bench.fails(&name).0.contains("list `v p`: 1 to 64 letters"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_keyed_hashes_and_by_no_others() {
    let bench = Bench::new().await;
    let phones = bench.file("phones.csv", "name,phone\nKim,010-1234-5678\nLee,+82 10 1234 5678\nPark,soon\n");
    let hashes = bench.hash(&["phone", "--country", "82"], &phones, "phone");
    assert_eq!(hashes.len(), 2, "one of three is no number");
    assert_eq!(hashes[0], hashes[1]);
    // A bank that calls people by the hash of their number, and one by ids.
    bench.known(&[&hashes[0], "cust_1"]).await;
    let ids = bench.file("ids.csv", "id\ncust_1\ncust_2\n");
    let by_id = bench.hash(&["user"], &ids, "id");
    let partner = bench.file(
        "partner.csv",
        format!("h,tier\n{},gold\n{},silver\n{},bronze\n", hashes[0].to_uppercase(), by_id[0], by_id[1]),
    );
    let import = ["import", "people", &partner, "--site", "bank", "--hash", "h"];
    let done = bench.ok(&import);
    assert_eq!([&done["taken"], &done["known"]], [3, 2]);
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "silver" }));
    assert_eq!(bench.said_of(&hashes[0]).await["attributes"], json!({ "tier": "gold" }));
    let list = [
        "import",
        "list",
        &partner,
        "--site",
        "bank",
        "--name",
        "l",
        "--expires",
        "2099-01-01",
        "--hash",
        "h",
    ];
    bench.ok(&list);
    assert_eq!(bench.lists().await[0]["known"], 2);
    // Who becomes known later is found by what the file said before.
    bench.known(&["cust_2"]).await;
    assert_eq!(bench.said_of("cust_2").await, json!({ "attributes": { "tier": "bronze" }, "lists": ["l"] }));
    assert_eq!(bench.lists().await[0]["known"], 3);

    let (_, digits) = hashes[0].rsplit_once(':').unwrap();
    let other = format!("k1:00000000:{digits}");
    let plain = bench
        .file("plain.csv", format!("h,tier\n{digits},x\n{},x\n+821012345678,x\n{other},x\n", &digits[..32]));
    let (said, report) = bench.fails(&["import", "people", &plain, "--site", "bank", "--hash", "h"]);
    assert_eq!(
        report["reasons"],
        json!({ "not_keyed": { "rows": 3, "at": [2, 3, 4] }, "other_key": { "rows": 1, "at": [5] } }),
        "{said}"
    );
    // The key hashes for nobody who is merely signed in, and is no part of any answer.
    let password = json!({ "user": "admin", "password": "correct horse" });
    let signed_in = reqwest::Client::new().post(format!("{}/api/sign-in", bench.server.base)).json(&password);
    let cookie = signed_in.send().await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
    let asked = json!({ "what": "phone", "texts": ["+821012345678"] });
    let answer = reqwest::Client::new()
        .post(format!("{}/api/sites/bank/keyed-hashes", bench.server.base))
        .header("cookie", cookie.split(';').next().unwrap())
        .header("origin", &bench.server.base)
        .json(&asked);
    assert_eq!(answer.send().await.unwrap().status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_hashed_where_no_file_names_hashes() {
    let bench = Bench::new().await;
    bench.known(&["cust_1", "cust_2"]).await;
    let file = bench.file("ids.csv", "id,tier\ncust_1,gold\ncust_2,silver\n");
    let hashed_rows = |user: &str| {
        let proof = bench.ok(&["erase", "bank", "--user", user, "--json"]);
        let rows = proof["rows"].as_array().unwrap().iter().find(|row| row["place"] == "hashes").unwrap();
        rows["before"].clone()
    };
    bench.people(&file, &[]);
    assert_eq!(bench.said_of("cust_1").await["attributes"], json!({ "tier": "gold" }));
    bench.lists().await;
    assert_eq!(hashed_rows("cust_1"), 0);
    // One such file, and everybody who is looked for is.
    let hash = bench.hash(&["user"], &file, "id").remove(1);
    let partner = bench.file("partner.csv", format!("h,branch\n{hash},Seoul\n"));
    bench.ok(&["import", "people", &partner, "--site", "bank", "--hash", "h"]);
    let said = bench.said_of("cust_2").await;
    assert_eq!(said["attributes"], json!({ "tier": "silver", "branch": "Seoul" }));
    assert_eq!(hashed_rows("cust_2"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_are_events_of_users_once() {
    let bench = Bench::new().await;
    bench.known(&["cust_1"]).await;
    let mapping = bench.file(
        "transactions.toml",
        "user = \"customer\"\nid = \"reference\"\nnumbers = [\"amount\"]\n\
         properties = [\"currency\", \"category\", \"merchant\"]\n[time]\ncolumn = \"at\"\nformat = \"rfc3339\"\n\
         [[name]]\nis = \"transaction_made\"\n",
    );
    let rows = "customer,reference,amount,currency,category,merchant,at\n\
                cust_1,r1,12.30,KRW,food,Cafe,2026-01-05T09:00:00+09:00\n\
                cust_1,r2,5,KRW,travel,Rail,2026-01-06T09:00:00+09:00\n\
                cust_2,r3,7.5,KRW,food,Cafe,2026-01-07T09:00:00+09:00\n\
                cust_2,r3,7.5,KRW,food,Cafe,2026-01-07T09:00:00+09:00\n\
                kim@bank.example,r4,7.5,KRW,food,Cafe,2026-01-07T09:00:00+09:00\n\
                cust_2,r5,much,KRW,food,Cafe,2026-01-07T09:00:00+09:00\n\
                cust_2,r6,1,KRW,food,Cafe,1931-01-07T09:00:00+09:00\n";
    let file = bench.file("transactions.csv", rows);
    let import = ["import", "--site", "bank", "--mapping", &mapping, &file];
    let counts =
        |done: &Value| ["read", "imported", "duplicate", "rejected"].map(|name| done[name].as_u64().unwrap());
    let dry = bench.ok(&[&import[..], &["--dry-run"]].concat());
    assert_eq!(counts(&dry), [7, 3, 1, 3], "{dry}");
    assert_eq!(dry["known_users"], 2);
    assert_eq!(dry["reasons"], json!({ "not_an_event": 2, "too_old": 1 }), "{dry}");
    let done = bench.ok(&import);
    assert_eq!(counts(&done), [7, 3, 1, 3], "a dry run stored nothing: {done}");
    assert_eq!(counts(&bench.ok(&import)), [7, 0, 4, 3]);
    assert_eq!(counts(&bench.ok(&[&import[..], &["--dry-run"]].concat())), [7, 0, 4, 3]);
}

/// Writes a Parquet file of people in row groups of 50,000.
fn parquet(path: &Path, rows: usize) {
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    let schema = "message people { required binary id (STRING); required binary tier (STRING); required double score; }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(parquet::basic::Compression::SNAPPY).build();
    let mut writer =
        SerializedFileWriter::new(std::fs::File::create(path).unwrap(), schema, properties.into()).unwrap();
    for begin in (0..rows).step_by(50_000) {
        let these = begin..rows.min(begin + 50_000);
        let mut group = writer.next_row_group().unwrap();
        let texts = |text: &dyn Fn(usize) -> String| -> Vec<ByteArray> {
            these.clone().map(|n| ByteArray::from(text(n).as_str())).collect()
        };
        for values in [texts(&|n| format!("cust_{n}")), texts(&|n| format!("tier {}", n % 5))] {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            column.close().unwrap();
        }
        let mut column = group.next_column().unwrap().unwrap();
        let scores: Vec<f64> = these.map(|n| n as f64 / 4.0).collect();
        column.typed::<DoubleType>().write_batch(&scores, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

/// Peak memory of an ended child in KiB, of the file that GNU-less `time` would show.
fn peak_kib(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// `ATTUNE_IMPORT_ROWS` rows, 1,000,000 in `cargo xtask prove`, of CSV and of Parquet.
#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_the_file() {
    let rows: usize = std::env::var("ATTUNE_IMPORT_ROWS").ok().map_or(30_000, |rows| rows.parse().unwrap());
    let bench = Bench::new().await;
    let path = bench.dir.path().join("many.csv");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    writeln!(out, "id,tier,score").unwrap();
    for n in 0..rows {
        writeln!(out, "cust_{n},tier {},{}", n % 7, n % 1_000).unwrap();
    }
    out.flush().unwrap();
    let columns = bench.dir.path().join("many.parquet");
    parquet(&columns, rows);
    for (path, score) in [(&path, 42.0), (&columns, 10.5)] {
        let started = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
        command.args(["import", "people", "--site", "bank", "--user", "id"]).arg(path);
        command.arg("--data").arg(bench.dir.path().join("data")).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let status = std::path::PathBuf::from(format!("/proc/{}/status", child.id()));
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            peak = peak.max(peak_kib(&status));
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let seconds = started.elapsed().as_secs_f64();
        let report = last(&child.wait_with_output().unwrap());
        assert_eq!([&report["state"], &report["taken"]], [&json!("imported"), &json!(rows)], "{report}");
        // What it replaces is deleted afterwards.
        tokio::time::sleep(std::time::Duration::from_millis(500 + rows as u64 / 100)).await;
        let (client, server) = (peak >> 10, bench.server.peak_kib() >> 10);
        eprintln!(
            "{}: {rows} rows in {:.1} s, {} rows/s; at most {client} MiB in the command, {server} in the server",
            path.extension().unwrap().display(),
            seconds,
            report["rows_per_second"]
        );
        assert!(client < 500 && server < 500, "{client} MiB and {server} MiB");
        assert_eq!(bench.said_of("cust_42").await["attributes"]["score"], score);
    }
}
