//! The table of settings, the configuration file, and the file that is printed.

use std::collections::HashSet;

use assay_hub::{Fallback, HubOptions, Kind, Layer, SETTINGS, SecretFile, Source};

use crate::support::{SECRET, open_hub};

fn read(text: &str) -> Layer {
    Layer::from_toml("hub.toml", text).expect(text)
}

fn setting(name: &str) -> &'static assay_hub::Setting {
    assay_hub::Setting::named(name).expect(name)
}

fn typed(settings: &[(&str, &str)]) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in settings {
        layer.push(setting(name), Source::Flag, *value);
    }
    layer
}

/// The configuration that a layer amounts to, with a key.
fn checked(layer: &Layer) -> String {
    let options = layer.options().expect("readable");
    let options = HubOptions {
        jwt_key: open_hub().jwt_key,
        ..options
    };
    let (config, _) = options.check().expect("right options");
    format!("{config:?}")
}

#[test]
fn rows_are_told_apart() {
    let mut names = HashSet::new();
    for row in SETTINGS {
        assert!(names.insert(row.name), "{} twice", row.name);
        assert!(!row.doc.is_empty() && !row.doc.ends_with('.'), "{row:?}");
    }
}

/// An option without a row could be written nowhere.
#[test]
fn every_option_has_its_row() {
    // Further issuers are tables of their own.
    let options = format!("{:?}", HubOptions::default()).replace("issuers: ", "");
    let rows = SETTINGS.iter().filter(|row| !row.name.starts_with("log"));
    assert_eq!(rows.count(), options.matches(": ").count(), "{options}");
}

/// What the table says of a default is what holds.
#[test]
fn a_default_that_is_written_changes_nothing() {
    let nothing = checked(&Layer::default());
    for row in SETTINGS {
        let value = match (row.default, row.kind) {
            (Fallback::Value(value), _) => value,
            (Fallback::None, Kind::Switch) => "false",
            _ => continue,
        };
        assert_eq!(checked(&typed(&[(row.name, value)])), nothing, "{row:?}");
    }
}

#[test]
fn a_file_says_what_flags_say() {
    for (file, flags) in [
        ("", &[][..]),
        ("listen = ':8080'", &[("listen", ":8080")][..]),
        ("history_size = 5_000", &[("history-size", "5000")]),
        ("heartbeat = '20s'", &[("heartbeat", "20s")]),
        ("heartbeat = 0", &[("heartbeat", "0")]),
        ("anonymous = true", &[("anonymous", "true")]),
        ("anonymous = false", &[]),
        ("cors_origin = []", &[]),
        (
            "cors_origin = ['https://a.example', 'https://b.example']",
            &[("cors-origin", "https://a.example,https://b.example")],
        ),
        (
            "cors_origin = 'https://a.example'",
            &[("cors-origin", "https://a.example")],
        ),
    ] {
        assert_eq!(checked(&read(file)), checked(&typed(flags)), "{file}");
    }
}

#[test]
fn mistakes_in_a_file_are_told_with_their_place() {
    for (file, expected) in [
        ("listen = ", &["hub.toml:1:10: "][..]),
        ("a b", &["hub.toml:1:", "no TOML"]),
        (
            "# ä\n\n  listn = ':80'",
            &["hub.toml:3:3: ", "`listn`", "`listen`"],
        ),
        (
            "cors-origins = []",
            &["hub.toml:1:1: ", "`cors-origins`", "`cors_origin`"],
        ),
        (
            "zzz = 1",
            &["hub.toml:1:1: no setting is called `zzz`", "--help"],
        ),
        ("[hub]\nlisten = ':80'", &["hub.toml:1:2: ", "`hub`"]),
        (
            "listen = 80",
            &["hub.toml:1:10: listen is of the type integer: write a string"],
        ),
        (
            "\nhistory_size = '5'",
            &["hub.toml:2:16: history_size", "string", "without quotes"],
        ),
        ("history_size = 0x10", &["hub.toml:1:16: history_size"]),
        ("heartbeat = 15", &["heartbeat", "integer", "\"15s\""]),
        (
            "anonymous = 'yes'",
            &["hub.toml:1:13: anonymous", "true or false"],
        ),
        ("cors_origin = [1]", &["hub.toml:1:16: cors_origin"]),
        (
            "listen = ':1'\nlisten = ':2'",
            &["hub.toml:2:1: ", "duplicate key"],
        ),
    ] {
        let error = Layer::from_toml("hub.toml", file)
            .expect_err(file)
            .to_string();
        for part in expected {
            assert!(error.contains(part), "{file:?}: {part:?} not in {error:?}");
        }
    }
    // What is a setting, and no right one.
    let options = read("\njwt_key = 'x'").options().expect("readable");
    let error = options.check().expect_err("a short key").to_string();
    assert!(error.starts_with("hub.toml:2: jwt_key has 1"), "{error}");
}

/// A line that cannot be read may hold a key.
#[test]
fn mistakes_in_a_file_repeat_no_value() {
    for file in [
        "jwt_key = hush",
        "jwt_key = 'hush",
        "jwt_key = \"hush\\q\"",
        "jwt_key = ['hush']",
        "jwt_key = 'a' hush",
        "jwt_key = \"\"\"hush",
        "hush",
    ] {
        let error = Layer::from_toml("hub.toml", file).expect_err(file);
        assert!(!error.to_string().contains("hush"), "{file}: {error}");
        assert!(!format!("{error:?}").contains("hush"), "{file}: {error:?}");
    }
}

#[test]
fn a_layer_covers_the_one_below() {
    let over = |upper: &[_], lower: &[_]| typed(upper).over(typed(lower));
    let both = over(
        &[("listen", ":1"), ("cors-origin", "https://a.example")],
        &[
            ("listen", ":2"),
            ("path", "/p"),
            ("cors-origin", "https://b.example"),
        ],
    );
    let alone = typed(&[
        ("listen", ":1"),
        ("path", "/p"),
        ("cors-origin", "https://a.example"),
    ]);
    assert_eq!(checked(&both), checked(&alone));
    let off = over(&[("anonymous", "false")], &[("anonymous", "true")]);
    assert_eq!(checked(&off), checked(&Layer::default()));
    // The key that was written closer, though the other one is more special.
    let keys = over(&[("jwt-key", "near")], &[("publisher-jwt-key", "far")]);
    assert!(!keys.has("publisher-jwt-key") && keys.has("jwt-key"));
    let keys = over(&[("publisher-jwt-key", "near")], &[("jwt-key", "far")]);
    assert!(keys.has("publisher-jwt-key") && keys.has("jwt-key"));
    let keys = over(
        &[("publisher-jwt-key", "near")],
        &[("publisher-jwks", "far"), ("subscriber-jwks", "far")],
    );
    assert!(!keys.has("publisher-jwks") && keys.has("subscriber-jwks"));
}

#[test]
fn what_is_printed_is_a_file_of_the_same_settings() {
    let mut layer = typed(&[
        ("jwt-key", "@key"),
        ("subscriber-jwt-key", SECRET),
        ("dialects", "1.0,0.x"),
        ("anonymous", "1"),
        ("cors-origin", "https://a.example, https://b.example"),
        ("cors-origin", "https://c.example"),
        ("history-size", "77"),
    ])
    .over(read("\nheartbeat = '20s'\nlog = 'a\"\\b\\u0001'"));
    layer
        .resolve_secrets(|_, path| {
            assert_eq!(path, "key");
            Ok::<_, ()>(SecretFile {
                path: "/etc/key".to_owned(),
                content: SECRET.to_owned(),
            })
        })
        .expect("found");
    let printed = layer.to_toml();
    assert!(!printed.contains(SECRET), "{printed}");
    for line in [
        "jwt_key = \"@/etc/key\" # --jwt-key",
        "# subscriber_jwt_key = \"…\" # --subscriber-jwt-key; masked",
        "anonymous = true # --anonymous",
        "cors_origin = [\"https://a.example\", \"https://b.example\", \"https://c.example\"] # --cors-origin",
        "publish_origin = [] # default",
        "history_size = 77 # --history-size",
        "max_subscribers = 100000 # default",
        "heartbeat = \"20s\" # hub.toml:2",
        "log = \"a\\\"\\\\b\\\\u0001\" # hub.toml:3",
        "# resource_identifier: the URL of the request # default",
    ] {
        assert!(printed.lines().any(|it| it == line), "{line}\n{printed}");
    }
    let again = read(&printed);
    assert_eq!(checked(&again), checked(&layer));
    let nothing = Layer::default();
    assert_eq!(checked(&read(&nothing.to_toml())), checked(&nothing));
}

const ISSUERS: &str = "
[[trusted_issuer]]
identifier = 'https://a.example'
publisher = { key = '@a.pem', algorithms = ['ES256', 'ES384'] }
subscriber.jwks = '@jwks'

[[trusted_issuer]]
identifier = 'https://b.example'
authorization_server = true
[trusted_issuer.publisher]
key = 'hush-hush-hush-hush-hush-hush-hush'
algorithms = 'HS512'
";

#[test]
fn issuers_stand_in_tables_of_their_own() {
    let mut layer = read(ISSUERS);
    let mut files = Vec::new();
    layer
        .resolve_secrets(|_, path| {
            files.push(path.to_owned());
            Ok::<_, ()>(SecretFile {
                path: format!("/etc/{path}"),
                content: "found".to_owned(),
            })
        })
        .expect("found");
    assert_eq!(files, ["a.pem", "jwks"]);
    let options = layer.options().expect("readable");
    let [a, b] = options.issuers.as_slice() else {
        panic!("{options:?}");
    };
    let value = |it: &Option<assay_hub::Written>| it.as_ref().map(|it| it.value().to_owned());
    assert_eq!(a.identifier.place().to_string(), "hub.toml:3: identifier");
    assert_eq!(value(&a.publisher.key).as_deref(), Some("found"));
    assert_eq!(a.publisher.algorithms.len(), 2);
    assert_eq!(value(&a.subscriber.jwks).as_deref(), Some("found"));
    assert!(!a.authorization_server && b.authorization_server);
    assert_eq!(b.publisher.algorithms[0].value(), "HS512");
    let place = |it: &Option<assay_hub::Written>| it.as_ref().map(|it| it.place().to_string());
    assert_eq!(
        place(&b.publisher.key).as_deref(),
        Some("hub.toml:11: publisher.key")
    );

    let printed = layer.to_toml();
    assert!(!printed.contains("hush") && !printed.contains("found"));
    for line in [
        "publisher.key = \"@/etc/a.pem\" # hub.toml:4",
        "publisher.algorithms = [\"ES256\", \"ES384\"] # hub.toml:4",
        "subscriber.jwks = \"@/etc/jwks\" # hub.toml:5",
        "# publisher.key = \"…\" # hub.toml:11; masked",
        "authorization_server = true",
    ] {
        assert!(printed.lines().any(|it| it == line), "{line}\n{printed}");
    }
    assert!(
        !printed.lines().any(|it| it.starts_with("issuer =")),
        "{printed}"
    );
    let again = read(&printed).options().expect("readable");
    assert_eq!(again.issuers.len(), 2);
    // They are a list: taken whole from where they are written first.
    assert_eq!(
        layer
            .over(read(ISSUERS))
            .options()
            .expect("readable")
            .issuers
            .len(),
        2
    );
}

#[test]
fn mistakes_in_a_table_are_told_with_their_place() {
    for (table, expected) in [
        (
            "identifer = 'x'",
            "hub.toml:2:1: no setting is called `identifer`: did you mean `identifier`",
        ),
        (
            "identifier = 1",
            "hub.toml:2:14: identifier is of the type integer: write a string",
        ),
        (
            "publisher = { key = 'x' }",
            "hub.toml:1:1: trusted_issuer is of the type table: write identifier",
        ),
        (
            "identifier = 'x'\npublisher = 'hush'",
            "hub.toml:3:13: publisher is of the type string: write a table",
        ),
        (
            "identifier = 'x'\npublisher.kye = 'hush'",
            "hub.toml:3:11: no setting is called `kye`: did you mean `key`",
        ),
        (
            "identifier = 'x'\npublisher.algorithms = 1",
            "algorithms is of the type integer",
        ),
    ] {
        let text = format!("[[trusted_issuer]]\n{table}\n");
        let error = Layer::from_toml("hub.toml", &text)
            .expect_err(table)
            .to_string();
        assert!(
            error.starts_with(expected) || error.contains("algorithms"),
            "{table}: {error}"
        );
        assert!(!error.contains("hush"), "{error}");
    }
    let error = Layer::from_toml("hub.toml", "trusted_issuer = 'x'").expect_err("a string");
    assert!(error.to_string().contains("[[trusted_issuer]]"), "{error}");
}
