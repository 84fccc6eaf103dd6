//! `check --migrate`: what of a site survives the move to 1.0, tried on the reference hub.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{KEY, assay, assay_in, closed_port, texts_in};
use crate::run::assert_valid;

const SCHEMA: &str = include_str!("../../../results/schema/migration-run.schema.json");

/// A small shop: Symfony, API Platform, scripts.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/site");

/// What was found of one sample, in words: `today, compatible, moved; instead: compatible, moved`.
fn told(row: &Value) -> String {
    let words = |fate: &Value| match fate["basis"].as_str() {
        Some("rule") => format!("{} by rule", fate["end"].as_str().unwrap()),
        _ => fate["end"].as_str().unwrap().to_owned(),
    };
    let fates = ["today", "compatible", "moved"].map(|world| words(&row[world]));
    let instead = match &row["instead"] {
        Value::Null => String::new(),
        instead => format!(
            "; instead {}, {}",
            words(&instead["compatible"]),
            words(&instead["moved"])
        ),
    };
    format!("{}{instead}", fates.join(", "))
}

/// Tries samples of a file; gives the document and the exit code.
fn tried(samples: &str, flags: &[&str]) -> (Value, Option<i32>) {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("samples.toml"), samples).unwrap();
    let ended = assay_in(
        folder.path(),
        &[
            &[
                "check",
                "--migrate",
                "samples.toml",
                "--out",
                "out",
                "--json",
            ],
            flags,
        ]
        .concat(),
    );
    let document: Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    assert_valid(SCHEMA, &document);
    (document, ended.code)
}

/// The key of the file, the sample, and what is found of it.
const CASES: [(&str, &str, &str); 28] = [
    (
        "topics",
        "https://shop.example/books/1",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "https://shop.example/books/{id}",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "https://shop.example/{+path}",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "https://shop.example/users/1/{?topic}",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "/books/{id}.jsonld",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "notification/{user}",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "urn:book:{isbn}",
        "works, works, refused; instead works, works",
    ),
    (
        "topics",
        "bar",
        "works, works, refused; instead works, works",
    ),
    ("topics", "*", "works, works, refused; instead works, works"),
    (
        "topics",
        "/.well-known/mercure/subscriptions{/topic}{/subscriber}",
        "works, works, refused; instead works, works",
    ),
    (
        "subscribe",
        "https://h.example/.well-known/mercure?topic=a&lastEventID=urn:x",
        "works, works, refused; instead works, works",
    ),
    (
        "subscribe",
        "https://h.example/.well-known/mercure?topic=a&authorization=a.b.c",
        "works, works, refused; instead works, works",
    ),
    (
        "subscribe",
        "lastEventID=urn:x",
        "works, works, silent; instead works, works",
    ),
    (
        "subscribe",
        "topic=a&match=b",
        "silent, silent, silent; instead works, works",
    ),
    ("subscribe", "match=a", "refused, works, works"),
    (
        "claims",
        r#"{"mercure":{"publish":["*"],"subscribe":["https://shop.example/{id}","b"],"payload":{"a":1}}}"#,
        "works, works, refused; instead works, works",
    ),
    (
        "claims",
        r#"{"https://mercure.rocks/":{"subscribe":["/.well-known/mercure/subscriptions{/topic}{/subscriber}"]}}"#,
        "works, works, refused; instead works, works",
    ),
    (
        "cookies",
        "mercureAuthorization",
        "works, works, silent; instead works, works",
    ),
    (
        "cookies",
        "Set-Cookie: mercureAuthorization=x; HttpOnly",
        "works, works, silent; instead works, works",
    ),
    (
        "cookies",
        "__Secure-mercure_access_token",
        "silent, works, works",
    ),
    (
        "publish",
        "topic=https://shop.example/books/1&data=x&private=on",
        "works, works, works",
    ),
    (
        "publish",
        "topic=https://a.example/.well-known/mercure/x&data=x",
        "refused, refused, refused; instead works, works",
    ),
    (
        "publish",
        "topic=a&type=mercure",
        "refused, refused, refused; instead works, works",
    ),
    (
        "publish",
        "topic=a&retry=soon",
        "refused, refused, refused; instead works, works",
    ),
    ("publish", "topic=*&data=x", "works, works, refused"),
    (
        "subscriptions",
        "/.well-known/mercure/subscriptions",
        "works, works, silent; instead works, works",
    ),
    (
        "subscriptions",
        "/.well-known/mercure/subscriptions/{topic}",
        "works, works, refused; instead works, works",
    ),
    (
        "subscriptions",
        "/.well-known/mercure/subscriptions/{topic}/{subscriber}",
        "works, works, refused; instead works, works",
    ),
];

#[test]
fn each_rule_has_a_replacement_that_works_once_compatibility_is_off() {
    let keys = [
        "subscribe",
        "topics",
        "publish",
        "claims",
        "cookies",
        "subscriptions",
    ];
    let mut file = String::new();
    for key in keys {
        let own = CASES.iter().filter(|(it, ..)| *it == key);
        let texts: Vec<_> = own.map(|(_, text, _)| format!("'''{text}'''")).collect();
        writeln!(file, "{key} = [\n{}\n]", texts.join(",\n")).unwrap();
    }
    let (document, code) = tried(&file, &[]);
    assert_eq!(code, Some(1));
    let rows = document["samples"].as_array().unwrap();
    assert_eq!(rows.len(), CASES.len());
    for (key, text, expected) in CASES {
        // Samples keep the line of the file.
        let line = file
            .lines()
            .position(|line| line.contains(&format!("'''{text}'''")));
        let line = line.unwrap() as u64 + 1;
        let row = rows
            .iter()
            .find(|row| row["places"][0]["line"] == line)
            .unwrap();
        assert_eq!(told(row), expected, "{key} {text}: {row:#}");
        if row["moved"]["end"] != "works" {
            assert_ne!(row["changes"], Value::Array(Vec::new()), "{key} {text}");
        }
    }
}

#[test]
fn a_site_is_told_what_to_change_and_nothing_secret() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let ended = assay(&["check", "--migrate", SITE, "--out", &out, "--json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_valid(SCHEMA, &document);
    for row in document["samples"].as_array().unwrap() {
        let by_rule = ["setting", "reading"].contains(&row["kind"].as_str().unwrap());
        if row["today"]["end"] != "open" && !by_rule && row["instead"] != Value::Null {
            assert_eq!(row["instead"]["moved"]["end"], "works", "{row:#}");
            assert_eq!(row["instead"]["moved"]["basis"], "tried", "{row:#}");
        }
    }
    let kinds = |kind: &str| {
        let rows = document["samples"].as_array().unwrap().iter();
        rows.filter(|row| row["kind"] == kind).count()
    };
    let all = [
        "subscription",
        "token",
        "cookie",
        "publication",
        "subscription-api",
        "setting",
        "reading",
    ];
    assert_eq!(all.map(kinds), [8, 4, 2, 4, 2, 1, 3], "{}", ended.stderr);
    let beware = ended
        .stderr
        .contains("https://shop.example/books/assay1?assay=1");
    assert!(beware, "{}", ended.stderr);
    let written = texts_in(folder.path());
    for name in ["run.json", "index.html", "summary.md"] {
        assert!(
            written.iter().any(|(path, _)| path.ends_with(name)),
            "{name}"
        );
    }
    for (path, text) in written {
        assert!(!text.contains("!ChangeMe!"), "{path}");
    }
    let again = assay(&["report", &out]);
    assert_eq!(again.code, Some(0), "{again:?}");
}

/// Signed with [`KEY`]; what is tried is the token itself, and its signature is nowhere.
#[test]
fn a_token_of_the_site_is_presented_as_it_is() {
    let minted = assay(&[
        "token",
        "--jwt-key",
        KEY,
        "--dialect",
        "0.x",
        "--subscribe",
        "a",
    ]);
    let token = minted.stdout.trim().to_owned();
    let signature = token.rsplit('.').next().unwrap().to_owned();
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("token.jwt"), &token).unwrap();
    std::fs::write(folder.path().join("s.toml"), "token_files = ['token.jwt']").unwrap();
    let ended = assay_in(
        folder.path(),
        &[
            "check",
            "--migrate",
            "s.toml",
            "--jwt-key",
            KEY,
            "--out",
            "out",
            "--json",
        ],
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let row = &document["samples"][0];
    assert_eq!(
        told(row),
        "works, works, refused; instead works, works",
        "{row:#}"
    );
    assert_eq!(row["stand_ins"], Value::Array(Vec::new()), "{row:#}");
    std::fs::remove_file(folder.path().join("token.jwt")).unwrap();
    for (path, text) in texts_in(folder.path()) {
        assert!(!text.contains(&signature), "{path}");
        assert!(!text.contains(KEY), "{path}");
    }
}

#[test]
fn a_site_that_has_moved_passes() {
    let (document, code) = tried("subscribe = ['match=a']\npublish = ['topic=a']", &[]);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(document["summary"]["work_moved"], 2);
}

/// A hub that cannot be reached leaves its world unjudged, and the others judged; which world it is says `--dialect`.
#[test]
fn a_hub_that_is_not_there_is_no_success() {
    let (_closed, address) = closed_port();
    let url = format!("http://{address}/.well-known/mercure");
    for (dialect, missing, expected) in [
        ("1.0", 2, "works, works, open by rule"),
        ("auto", 2, "works, works, open by rule"),
        ("0.x", 0, "open by rule, works, works"),
    ] {
        let flags = [url.as_str(), "--jwt-key", KEY, "--dialect", dialect];
        let (document, code) = tried("publish = ['topic=a']", &flags);
        assert_eq!(told(&document["samples"][0]), expected, "{dialect}");
        let unusable = document["worlds"][missing]["unusable"].to_string();
        assert!(!unusable.contains("null"), "{dialect}: {unusable}");
        let judged = expected.ends_with("works");
        assert_eq!(code, Some(if judged { 0 } else { 3 }), "{dialect}");
    }
}

/// In an empty folder with this file of samples.
fn refused(name: &str, text: &str, fragment: &str) {
    let folder = tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    let first = Path::new(name).components().next().unwrap();
    let given = first.as_os_str().to_str().unwrap();
    let ended = assay_in(
        folder.path(),
        &["check", "--migrate", given, "--out", "out"],
    );
    assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
    assert!(ended.stderr.contains(fragment), "{name}: {ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(!folder.path().join("out").exists(), "{name}");
}

#[test]
fn what_cannot_be_tried_is_told_with_its_place() {
    refused(
        "s.toml",
        "topic = ['a']",
        "s.toml:1:1: unknown field `topic`",
    );
    refused(
        "s.toml",
        "topics = ['a']\ntokens = ['s3cret']",
        "s.toml:2:11: is no JWT",
    );
    refused("s.toml", "tokens = 's3cret'", "s.toml:1:10: invalid type");
    refused("s.toml", "token_files = ['nowhere']", "cannot read nowhere");
    refused("s.toml", "claims = ['{}']", "says nothing of Mercure");
    refused("s.toml", "claims = ['{']", "is no JSON");
    refused("s.toml", "publish = ['data=x']", "has no `topic`");
    refused("s.toml", "cookies = ['a b']", "is no cookie");
    refused(
        "s.toml",
        "subscriptions = ['/books']",
        "is no path of the subscription API",
    );
    refused("s.toml", "", "no samples");
    refused("s.toml", &"#".repeat((4 << 20) + 1), "larger than 4 MiB");
    refused(
        "site/a.js",
        "let nothing;",
        "nothing in its 1 file speaks to a hub",
    );
    refused(
        "site/a.txt",
        "mercure",
        "nothing in its 0 files speaks to a hub",
    );
    refused(
        "large.js",
        &" ".repeat((1 << 20) + 1),
        "passed over: large.js is larger than 1 MiB",
    );
    #[cfg(unix)]
    for name in ["zero.toml", "zero.js"] {
        let folder = tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join(name)).unwrap();
        let ended = assay_in(folder.path(), &["check", "--migrate", name]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("neither a file nor"), "{ended:?}");
    }
    let folder = tempdir().unwrap();
    let ended = assay_in(folder.path(), &["check", "--migrate", "nowhere"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("cannot read nowhere"), "{ended:?}");
}

#[test]
fn what_is_not_read_is_counted() {
    let folder = tempdir().unwrap();
    let site = folder.path().join("site");
    let write = |name: &str, text: &[u8]| {
        let path = site.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("a.js", b"new EventSource('/.well-known/mercure?topic=a')");
    write(
        "node_modules/b.js",
        b"new EventSource('/.well-known/mercure?topic=b')",
    );
    write("vendor/c.php", b"");
    write(".git/d.js", b"");
    write("binary.js", b"mercure\0");
    write("large.js", &vec![b' '; (1 << 20) + 1]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/", site.join("root")).unwrap();
    let ended = assay_in(
        folder.path(),
        &["check", "--migrate", "site", "--out", "out", "--json"],
    );
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["samples"].as_array().unwrap().len(), 1);
    assert_eq!(document["sources"]["files"], 1);
    let skipped = document["sources"]["skipped"].as_array().unwrap();
    let reasons: Vec<_> = skipped
        .iter()
        .map(|it| it["reason"].as_str().unwrap())
        .collect();
    for reason in [
        "node_modules",
        "vendor",
        "a hidden folder",
        "no text",
        "larger than 1 MiB",
    ] {
        assert!(reasons.contains(&reason), "{reason}: {reasons:?}");
    }
    #[cfg(unix)]
    assert!(reasons.contains(&"a link"), "{reasons:?}");
}
