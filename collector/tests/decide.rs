//! Decisions by the server: the same as a page's, and no oracle.

mod common;

use attune_collector::decide::Question;
use attune_collector::decide::receipt::{Fault, Receipt};
use attune_collector::receipts::file::{Known, Line, each_line, know};
use attune_engine::json;
use attune_schema::id::VisitorId;
use attune_schema::source::Source;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use common::{Answer, NOW, TestApp};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Gives the site everything of `source`.
async fn publish(app: &TestApp, site: &str, source: &Value) {
    let path = |kind: &str| format!("/api/sites/{site}/{kind}");
    let settings = app.api("GET", &path("settings"), &[], None).await;
    let version = settings.header("etag").to_owned();
    let mut body = settings.json()["body"].clone();
    for (name, value) in source["site"].as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let changed = app.api("PUT", &path("settings"), &[("if-match", &version)], Some(body)).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    for kind in ["attributes", "placements", "models", "audiences", "offers", "campaigns"] {
        for document in source[kind].as_array().into_iter().flatten() {
            let made = app.api("POST", &path(kind), &[], Some(document.clone())).await;
            assert_eq!(made.status, StatusCode::CREATED, "{kind} {made:?}");
        }
    }
}

async fn ask(app: &TestApp, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = Request::post("/v1/decide").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

#[tokio::test]
async fn the_specification_is_answered_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/spec/decisions");
    let app = TestApp::start().await;
    let mut cases = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for (index, file) in files.iter().enumerate() {
        let specification: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let site = format!("spec-{index}");
        let made = app.api("POST", "/api/sites", &[], Some(json!({ "name": site, "origins": [] }))).await;
        let key = made.json()["key"].as_str().unwrap().to_owned();
        publish(&app, &site, &specification["source"]).await;
        let entry = app.app().sites.by_name(&site).unwrap();
        let source: Source = serde_json::from_value(specification["source"].clone()).unwrap();
        assert_eq!(
            source.campaigns.len(),
            specification["source"]["campaigns"].as_array().map_or(0, Vec::len)
        );
        for case in specification["cases"].as_array().unwrap() {
            let mut question = case.clone();
            let fields = question.as_object_mut().unwrap();
            fields.remove("title");
            fields.remove("expect");
            question["site"] = json!(key);
            let answer = ask(&app, &[], &question).await;
            assert_eq!(answer.status, StatusCode::OK, "{} {answer:?}", case["title"]);
            let typed: Question = serde_json::from_value(question.clone()).unwrap();
            let placement = typed.placement.as_deref().unwrap();
            let program = entry.deciding.programs.of(placement);
            let native = typed.case(placement, &typed.reserved);
            let (decision, explanation) = native.decide(program);
            assert_eq!(text(&answer), json::decision(&decision), "{}", case["title"]);

            // The profile as a device keeps it leads to the same.
            let profile = BASE64_STANDARD.encode(native.profile(program).to_bytes());
            let fields = question.as_object_mut().unwrap();
            fields.remove("events");
            fields.remove("attributes");
            question["profile"] = json!(profile);
            question["explain"] = json!(true);
            let answer = ask(&app, &[], &question).await;
            let expected = format!(
                "{{\"decision\":{},\"explanation\":{},\"told\":[\"The site is",
                json::decision(&decision),
                json::explanation(&explanation)
            );
            assert!(text(&answer).starts_with(&expected), "{}: {}", case["title"], text(&answer));
            cases += 1;
        }
    }
    assert!(cases >= 300, "only {cases}");
}

fn source() -> Value {
    json!({
        "site": { "holdout_percent": 0, "personalise_basis": "opt_out" },
        "attributes": [{ "id": "tier" }, { "id": "credit_band", "label": "server-only" }],
        "placements": [{ "id": "hero" }, { "id": "side" }],
        "offers": [
            { "id": "loan", "weight": 2, "content": { "en": { "title": "A loan for you" } } },
            { "id": "card", "weight": 1, "content": { "en": { "title": "A card" } } },
        ],
        "campaigns": [
            { "id": "loans", "status": "running", "placements": ["hero"], "offers": ["loan"], "priority": 2,
              "audience": { "attribute": { "name": "credit_band", "one_of": ["A", "B"] } } },
            { "id": "cards", "status": "running", "placements": ["hero", "side"], "offers": ["card"],
              "caps": [{ "scope": "campaign", "per": "day", "max": 1 }] },
        ],
    })
}

struct Bank {
    app: TestApp,
    bearer: String,
    token_key: Value,
}

async fn bank() -> Bank {
    let app = TestApp::start().await;
    publish(&app, "bank", &source()).await;
    let made =
        app.api("POST", "/api/sites/bank/server-keys", &[], Some(json!({ "label": "crm" }))).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let bearer = format!("Bearer {}.{}", text(&made["key"]["id"]), text(&made["secret"]));
    Bank { app, bearer, token_key: made["token_key"].clone() }
}

/// As a bank's server would make it, from the key that the API showed.
fn token(key: &Value, claims: &Value) -> String {
    let seed = BASE64_URL_SAFE_NO_PAD.decode(key["d"].as_str().unwrap()).unwrap();
    let key_pair = SigningKey::from_bytes(&seed.try_into().unwrap());
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "EdDSA", "kid": key["kid"] })), part(claims));
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(key_pair.sign(signed.as_bytes()).to_bytes()))
}

fn shown(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["offers"][0]["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_public_key_learns_nothing_of_what_only_the_server_knows() {
    let Bank { app, bearer, token_key } = bank().await;
    let question = |more: Value| {
        let mut question = json!({ "site": app.key, "placement": "hero", "visitor": "v", "now": NOW });
        more.as_object().unwrap().iter().for_each(|(name, value)| question[name] = value.clone());
        question
    };
    let plain = ask(&app, &[], &question(json!({}))).await;
    assert_eq!(shown(&plain), "card");
    let tried = ask(&app, &[], &question(json!({ "attributes": { "credit_band": "A" } }))).await;
    assert_eq!(tried.body, plain.body, "a claim of a page's counts for nothing");
    let steps = ask(&app, &[], &question(json!({ "explain": true, "force": "loan", "content": true }))).await;
    assert_eq!(steps.json()["explanation"], Value::Null);
    assert!(!text(&steps).contains("loan"), "{steps:?}");

    let claims = json!({ "sub": "cust_1", "exp": NOW / 1_000 + 600, "attributes": { "credit_band": "B" } });
    let signed = ask(&app, &[], &question(json!({ "token": token(&token_key, &claims) }))).await;
    assert_eq!(shown(&signed), "loan");
    let silent = token(&token_key, &json!({ "sub": "cust_1", "exp": NOW / 1_000 + 600 }));
    let claimed = question(json!({ "token": silent, "attributes": { "credit_band": "A" } }));
    assert_eq!(shown(&ask(&app, &[], &claimed).await), "card", "beside a token, too");
    let mut profile = attune_schema::stored::Profile::default();
    attune_engine::profile::set_attribute(&mut profile, "credit_band", "A".into());
    let profile = BASE64_STANDARD.encode(profile.to_bytes());
    for more in [json!({ "profile": profile }), json!({ "profile": profile, "token": silent })] {
        assert_eq!(shown(&ask(&app, &[], &question(more)).await), "card", "in a profile");
    }
    let other = json!({ "sub": "cust_1", "exp": NOW / 1_000 + 600, "attributes": { "credit_band": "D" } });
    let signed = ask(&app, &[], &question(json!({ "token": token(&token_key, &other) }))).await;
    assert_eq!(shown(&signed), "card");
    let late = json!({ "sub": "cust_1", "exp": NOW / 1_000, "attributes": { "credit_band": "B" } });
    let refused = ask(&app, &[], &question(json!({ "token": token(&token_key, &late) }))).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_token"));

    let server = [("authorization", bearer.as_str())];
    let body = question(json!({ "attributes": { "credit_band": "A" }, "explain": true, "content": true }));
    let answer = ask(&app, &server, &body).await.json();
    assert_eq!(answer["decision"]["offers"][0]["id"], "loan");
    assert_eq!(answer["content"]["loan"]["en"]["title"], "A loan for you");
    assert!(answer["explanation"].as_array().unwrap().len() > 5);
    let wrong = ask(&app, &[("authorization", "Bearer sk_x.y")], &body).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_key"));
}

#[tokio::test]
async fn pages_get_a_bundle_without_it_and_are_told_to_ask() {
    let Bank { app, .. } = bank().await;
    let manifest = app.api("GET", &format!("/v1/manifest?site={}", app.key), &[], None).await.json();
    let bundle = app.api("GET", manifest["url"].as_str().unwrap(), &[], None).await;
    for secret in ["credit_band", "A loan for you"] {
        assert!(!bundle.body.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    let device = attune_engine::decide::Program::load(&bundle.body[67..]).unwrap();
    let case: attune_engine::case::Case =
        serde_json::from_value(json!({ "placement": "hero", "now": NOW, "visitor": "v" })).unwrap();
    assert_eq!(case.decide(&device).0.reason.code(), "ask_server");
    let side = attune_engine::case::Case { placement: "side".into(), ..case };
    let body = json!({ "site": app.key, "placement": "side", "visitor": "v", "now": NOW });
    let answer = ask(&app, &[], &body).await;
    assert_eq!(text(&answer), json::decision(&side.decide(&device).0), "elsewhere both decide by one bundle");
}

#[tokio::test]
async fn several_placements_share_caps_and_many_visitors_one_request() {
    let Bank { app, .. } = bank().await;
    let body = json!({ "site": app.key, "placements": ["side", "hero"], "visitor": "v" });
    let answer = ask(&app, &[], &body).await.json();
    assert_eq!(answer["decisions"][0]["reason"], "matched");
    assert_eq!(answer["decisions"][1]["reason"], "capped", "the first took the day's only exposure");
    let batch = json!({ "site": app.key, "batch": [
        { "placement": "side", "visitor": "a" }, { "placements": ["side"], "visitor": "b" },
    ] });
    let answers = ask(&app, &[], &batch).await.json();
    assert_eq!(answers["answers"][0]["offers"][0]["id"], "card");
    assert_eq!(answers["answers"][1]["decisions"][0]["offers"][0]["id"], "card");
}

#[tokio::test]
async fn what_cannot_be_asked_is_named() {
    let Bank { app, .. } = bank().await;
    let with = |more: Value| {
        let mut body = json!({ "site": app.key, "placement": "side" });
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    for (body, status, part) in [
        (json!({ "site": "pk_none", "placement": "side" }), 401, "key"),
        (json!({ "site": app.key }), 422, "placement"),
        (with(json!({ "placements": ["hero"] })), 422, "placement"),
        (with(json!({ "limit": 0 })), 422, "limit: 0"),
        (with(json!({ "limit": 101 })), 422, "limit: 101"),
        (with(json!({ "draw": 1u64 << 53 })), 422, "draw"),
        (with(json!({ "profile": "AAAA" })), 422, "profile"),
        (with(json!({ "profile": "*" })), 422, "base 64"),
        (
            with(json!({ "events": [{ "name": "x", "at": 1, "times": 4_000_000_000u32 }] })),
            422,
            "events: 4000000000",
        ),
        (with(json!({ "visiter": "v" })), 400, "visiter"),
        (with(json!({ "token": "a.b.c" })), 401, "token"),
        (json!({ "site": app.key, "batch": vec![json!({ "placement": "side" }); 101] }), 422, "101"),
        (
            json!({ "site": app.key, "batch": [{ "placement": "side" }, { "placement": "side", "limit": 0 }] }),
            422,
            "batch[1]: limit",
        ),
        (
            json!({ "site": app.key, "batch": vec![
                json!({ "placement": "side", "events": [{ "name": "x", "at": 1, "times": 6_000 }] }); 2
            ] }),
            422,
            "12000 events",
        ),
        (json!([]), 400, "object"),
    ] {
        let answer = ask(&app, &[], &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body} {answer:?}");
        assert!(text(&answer).contains(part), "{body}: {}", text(&answer));
    }
    let foreign = ask(&app, &[("origin", "https://evil.test")], &with(json!({}))).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn openfeature_clients_see_placements_as_flags() {
    let Bank { app, bearer, .. } = bank().await;
    let evaluate = async |path: &str, headers: &[(&str, &str)], body: Value| {
        let mut request = Request::post(format!("/ofrep/v1/evaluate/flags{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let key = format!("Bearer {}", app.key);
    let page = [("authorization", key.as_str())];
    let visitor = json!({ "context": { "targetingKey": "v", "credit_band": "A", "path": "/cards" } });
    let flag = evaluate("/hero", &page, visitor.clone()).await.json();
    assert_eq!((&flag["value"], &flag["reason"]), (&json!("card"), &json!("TARGETING_MATCH")), "{flag}");
    let flag = evaluate("/hero.decision", &[("authorization", &bearer)], visitor.clone()).await.json();
    assert_eq!(flag["value"]["content"]["loan"]["en"]["title"], "A loan for you");
    let api_key = evaluate("/hero", &[("x-api-key", &app.key)], visitor.clone()).await;
    assert_eq!(api_key.status, StatusCode::OK);

    let all = evaluate("", &page, visitor.clone()).await;
    let keys: Vec<Value> =
        all.json()["flags"].as_array().unwrap().iter().map(|flag| flag["key"].clone()).collect();
    assert_eq!(json!(keys), json!(["hero", "hero.decision", "side", "side.decision"]));
    app.now.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed);
    let etag = all.header("etag").to_owned();
    let again = evaluate("", &[page[0], ("if-none-match", &etag)], visitor.clone()).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let server = evaluate("", &[("authorization", &bearer), ("if-none-match", &etag)], visitor.clone()).await;
    assert_eq!(server.status, StatusCode::OK, "a loan is something else");

    let missing = evaluate("/hero", &page, json!({ "context": {} })).await;
    assert_eq!(
        (missing.status, missing.json()["errorCode"].clone()),
        (StatusCode::BAD_REQUEST, json!("TARGETING_KEY_MISSING"))
    );
    let unknown = evaluate("/nowhere", &page, visitor.clone()).await;
    assert_eq!(
        (unknown.status, unknown.json()["errorCode"].clone()),
        (StatusCode::NOT_FOUND, json!("FLAG_NOT_FOUND"))
    );
    let unread = evaluate("/hero", &page, json!([])).await;
    assert_eq!(unread.json()["errorCode"], json!("PARSE_ERROR"));
    assert_eq!(evaluate("/hero", &[], visitor).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_sample_of_decisions_is_kept_can_be_made_again_and_forgets() {
    let Bank { app, bearer, .. } = bank().await;
    let settings = app.api("GET", "/api/sites/bank/settings", &[], None).await;
    let (version, mut body) = (settings.header("etag").to_owned(), settings.json()["body"].clone());
    body["receipts_percent"] = json!(100);
    app.api("PUT", "/api/sites/bank/settings", &[("if-match", &version)], Some(body)).await;

    let granted = json!({ "measure": "granted", "personalise": "granted" });
    let ask_as = async |visitor: &str, consent: &Value| {
        let question = json!({ "placements": ["hero", "side"], "visitor": visitor, "user": format!("user-{visitor}"),
                               "attributes": { "credit_band": "A" }, "consent": consent, "explain": true, "force": null });
        let answer = ask(&app, &[("authorization", &bearer)], &question).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    };
    for visitor in ["anna", "bela", "carl"] {
        ask_as(visitor, &granted).await;
    }
    ask_as("dora", &json!({ "measure": "unknown", "personalise": "granted" })).await;
    let page = json!({ "site": app.key, "placement": "hero", "visitor": "emil", "consent": granted,
                       "attributes": { "credit_band": "A" }, "force": "loan" });
    assert_eq!(ask(&app, &[], &page).await.json()["offers"][0]["id"], "card");

    let folder = app.dir.as_ref().unwrap().path().join("decisions");
    let read = async || {
        app.app().decisions.flush().await.unwrap();
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let (mut known, mut receipts) = (BTreeMap::new(), Vec::new());
        each_line::<std::io::Error>(file, |_, _, line| {
            match line {
                Line::Bundles(deciding) => know(&mut known, *deciding),
                Line::Receipt(receipt) => receipts.push(*receipt),
            }
            Ok(())
        })
        .unwrap();
        (known, receipts)
    };
    let verified = |known: &Known, receipts: &[Receipt]| -> Vec<Result<bool, Fault>> {
        let before =
            |index: usize| index.checked_sub(1).map_or("", |before| receipts[before].digest.as_str());
        (0..receipts.len()).map(|index| receipts[index].verify(before(index), known)).collect()
    };
    let (known, receipts) = read().await;
    assert_eq!(receipts.len(), 7, "two placements of three who allowed it, and one of a page");
    assert_eq!(verified(&known, &receipts), vec![Ok(true); 7]);
    let shown: Vec<&str> = receipts.iter().map(|receipt| receipt.output.as_deref().unwrap()).collect();
    assert!(shown[0].contains("\"loan\"") && shown[1].contains("\"card\""), "{shown:?}");

    let erased =
        app.app().decisions.erase(1, BTreeSet::from(["user-bela".to_owned()]), BTreeSet::new()).await;
    assert_eq!(erased.unwrap(), 2);
    let whom = BTreeSet::from([VisitorId::from_text("emil")]);
    assert_eq!(app.app().decisions.erase(1, BTreeSet::new(), whom).await.unwrap(), 1);
    ask_as("fred", &granted).await;
    let (known, receipts) = read().await;
    let outcome: Vec<bool> = verified(&known, &receipts).into_iter().map(Result::unwrap).collect();
    assert_eq!(outcome, [true, true, false, false, true, true, false, true, true]);
    let left =
        std::fs::read_to_string(std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert!(!left.contains("bela") && !left.contains("emil"));
    let metrics = app.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(metrics.contains("attune_decisions_kept_total 9"), "{metrics}");
    assert!(
        metrics.contains("attune_decisions_differ_total 0")
            && metrics.contains("attune_decisions_not_kept_total 0")
    );
}
