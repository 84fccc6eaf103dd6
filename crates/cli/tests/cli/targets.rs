//! `check --target`: a hub and its variants from a file, started and ended by the suite; and what is wrong with a file or a command,
//! told with its place.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::bad_hub::passes_nowhere;
use crate::program::{Ended, Hub, KEY, assay_in, command, finish, read_until, signal, texts_in};

const HUSH: &str = "hush-hush-hush";

/// A hub that the suite starts; `{hub}` is this program.
const HUB: &str = r#"
[hub]
url = "http://127.0.0.1:{port}/.well-known/mercure"
command = ["{hub}", "hub", "--listen", "127.0.0.1:{port}", "--exit-with-parent"]
environment = { ASSAY_HUB_JWT_KEY = "{key}", ASSAY_HUB_ANONYMOUS = "true" }
dialects = ["1.0"]
publisher = { key = "{key}" }
subscriber = { key = "{key}" }
claims = ["anonymous"]
"#;

/// With a life of a second, which is a second longer than a check has patience.
const SHORT: &str = "
[variants.short]
environment = { ASSAY_HUB_MAX_LIFETIME = \"1s\" }
limits = { lifetime_s = 1 }
";

/// Runs with the rest of the command as its arguments, and puts its pid where the test finds it.
const SHELL: &str = "command = [\"sh\", \"-c\"";
const ARGUMENTS: &str =
    "\"{hub}\", \"hub\", \"--listen\", \"127.0.0.1:{port}\", \"--exit-with-parent\"]";

/// What a test leaves in the target's folder to be found again.
fn pid_in(folder: &Path) -> Option<Pid> {
    let text = fs::read_to_string(folder.join("pid")).ok()?;
    Pid::from_raw(text.trim().parse().ok()?)
}

/// Whether it has ended; what was killed may need a moment to be gone.
fn is_gone(pid: Pid) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        // One that nobody has waited for is no process any more.
        if test_kill_process(pid).is_err() || stat.is_ok_and(|stat| stat.contains(") Z ")) {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

fn target(text: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("hub.toml"), text).unwrap();
    folder
}

fn judge(folder: &Path, flags: &[&str]) -> Ended {
    let ours = ["check", "--target", "hub.toml", "--hub-binary"];
    let ours = [ours.as_slice(), &[env!("CARGO_BIN_EXE_assay")]].concat();
    let args = [&ours, flags, &["--out", "out", "--json"]].concat();
    assay_in(folder, &args)
}

fn check_refused(text: &str, code: i32, told: &str) {
    let folder = target(text);
    let ended = judge(folder.path(), &["--only", "token/"]);
    assert_eq!(ended.code, Some(code), "{text}{ended:?}");
    assert!(ended.stderr.contains(told), "{text}{ended:?}");
    assert!(!ended.stderr.contains(HUSH), "{ended:?}");
    if code == 2 {
        let left = texts_in(folder.path()).len();
        assert_eq!(left, 1, "{text}: the file alone");
    } else {
        passes_nowhere(&folder.path().join("out"), told);
    }
    if let Some(pid) = pid_in(folder.path()) {
        assert!(is_gone(pid), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let at = |rest: &str| format!("[hub]\nurl = \"http://h/\"\n{rest}\n");
    let with = |rest: &str| format!("{HUB}\n{rest}\n");
    for (text, told) in [
        (
            "[hub]\nurl = \"nowhere\"\n".to_owned(),
            "hub.toml, hub.url:",
        ),
        ("[hub]\n".to_owned(), "hub.toml, hub.url: missing"),
        (
            with("sekret = \"hush-hush-hush\""),
            "hub.toml, line 11: unknown field `sekret`",
        ),
        (
            with("[variants.x]\nlimits = { lifetime = 3 }"),
            "line 12: unknown field `lifetime`",
        ),
        (
            at("publisher = \"hush-hush-hush\""),
            "hub.toml, line 3: invalid type, expected",
        ),
        (
            at("publisher = { key = \"hush-hush-hush\", token = \"x\" }"),
            "hub.publisher: has several of",
        ),
        (at("publisher = {}"), "hub.publisher: has neither"),
        (
            at("publisher = { key = \"x\", algorithm = \"HS255\" }"),
            "hub.publisher: `algorithm`",
        ),
        (at("claims = [\"histroy\"]"), "line 3: unknown variant"),
        (at("dialects = [\"2.0\"]"), "hub.dialects: write \"1.0\""),
        (at("dialects = []"), "hub.dialects: write \"1.0\""),
        (at("command = []"), "hub.command: names no program"),
        (
            at("environment = { A = \"b\" }"),
            "hub.environment: is for a hub that a command starts",
        ),
        (
            "[hub]\nurl = \"http://h:{port}/\"\n".to_owned(),
            "hub.url: {port} is for a hub that a command starts",
        ),
        (
            at("publisher = { key_file = \"no.pem\" }"),
            "no.pem for hub.publisher.key_file",
        ),
        (
            with("[variants.x]\nca_file = \"no.pem\""),
            "no.pem for variants.x.ca_file",
        ),
        (
            with("[variants.x]\ncommand = [\"{prot}\"]"),
            "variants.x.command: {prot} stands for nothing",
        ),
        (
            with("[variants.x]\nenvironment = { A = \"{ports}\" }"),
            "variants.x.environment.A: {ports} stands for nothing",
        ),
        (
            with("[variants.x]\n[variants.x]"),
            "hub.toml, line 12: duplicate key",
        ),
        (
            with("[variants.x]"),
            "variants.x: is the same as `hub`: write what differs",
        ),
        (
            format!("{HUB}{SHORT}{}", SHORT.replace("short", "brief")),
            "variants.short: is the same as `brief`",
        ),
        (
            with("[variants.\"../x\"]\nissuer = \"x\""),
            "variants.../x: a variant is named",
        ),
        (
            with("[variants.hub]\nissuer = \"x\""),
            "variants.hub: a variant is named",
        ),
    ] {
        check_refused(&text, 2, told);
    }
}

#[test]
fn what_is_wrong_with_keys_issuers_and_files_is_told_with_its_place() {
    let at = |rest: &str| format!("[hub]\nurl = \"http://h/\"\n{rest}\n");
    let with = |rest: &str| format!("{HUB}\n{rest}\n");
    for (text, told) in [
        (
            at("publisher = { generate = \"hush-hush-hush\" }"),
            "hub.publisher: `generate` is none that is known",
        ),
        (
            at("publisher = { generate = \"ES256\", algorithm = \"ES256\" }"),
            "hub.publisher: `generate` names the algorithm",
        ),
        (
            at("publisher = { generate = \"ES256\", key = \"hush-hush-hush\" }"),
            "hub.publisher: has several of",
        ),
        (
            with("[variants.x.issuers.partner]\npublisher = { key = \"hush-hush-hush\" }"),
            "line 11: missing field `identifier`",
        ),
        (
            with("[variants.x.issuers.Partner]\nidentifier = \"https://partner.example\""),
            "variants.x.issuers.Partner: an issuer is named with a-z",
        ),
        (
            with(
                "[variants.x.issuers.partner]\nidentifier = \"x\"\npublisher = { key_file = \"no.pem\" }",
            ),
            "no.pem for variants.x.issuers.partner.publisher.key_file",
        ),
        (
            with("[variants.x]\nenvironment = { A = \"{partner_publisher}\" }"),
            "{partner_publisher} stands for nothing: there are {port}, {dir}, {state}, {key}, {hub}, {publisher}, {subscriber}",
        ),
        (
            with("[variants.x]\nfiles = { \"../hub.toml\" = \"\" }"),
            "variants.x.files.../hub.toml: names no file of {state}",
        ),
        (
            at("files = { \"hub.toml\" = \"\" }"),
            "hub.files: are for a hub that a command starts",
        ),
    ] {
        check_refused(&text, 2, told);
    }
}

#[test]
fn what_is_wrong_with_a_command_is_told_with_its_log() {
    let sleeps = format!("{SHELL}, \"echo $$ > pid; exec sleep 1000\"]");
    let never = "[hub]\nurl = \"http://127.0.0.1:{port}/\"\nready_within_s = 1\n";
    for (text, told) in [
        (
            HUB.replace("{hub}", "/no/such/program"),
            "its command cannot be run (/no/such/program)",
        ),
        (
            HUB.replace("\"--exit-with-parent\"", "\"--bogus\""),
            "its command ended (exit status: 2) before it answered: see",
        ),
        (
            format!("{never}{sleeps}\n"),
            "nothing answers at http://127.0.0.1:",
        ),
    ] {
        check_refused(&text, 3, told);
    }
}

#[test]
fn what_is_typed_beside_a_target() {
    for (args, told) in [
        (
            ["--target", "nowhere.toml"].as_slice(),
            "cannot read nowhere.toml",
        ),
        (
            &["--target", "hub.toml"],
            "hub.command: {hub} is the program of the hub: pass --hub-binary",
        ),
        (
            &["--target", "hub.toml", "--hub-binary", "nowhere"],
            "--hub-binary nowhere",
        ),
        (
            &["--target", "reference", "--allowed-origin", "https://a"],
            "--allowed-origin describes the hub at a URL",
        ),
        (
            &["--claims", "history"],
            "--claims describes the hub at a URL",
        ),
        (
            &["http://h/", "--claims", "histroy"],
            "no feature: there are anonymous",
        ),
        (&["http://h/", "--limits", "lifetime_s"], "--limits"),
        (
            &["http://h/", "--limits", "lifetime=2"],
            "unknown field `lifetime`",
        ),
        (
            &["--variant", "none"],
            "--variant none: the target has cookie-name, few-streams, few-streams-per-address",
        ),
    ] {
        let folder = target(HUB);
        let ended = assay_in(folder.path(), &[&["check"], args].concat());
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert!(ended.stderr.contains(told), "{args:?}: {ended:?}");
    }
}

fn rows(ended: &Ended) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = document["verdicts"].as_array().into_iter().flatten();
    rows.map(|row| (text(row, "verdict"), text(row, "observed")))
        .collect()
}

fn check_row(text: &str, code: i32, verdict: &str, told: &str) -> TempDir {
    let folder = target(text);
    let ended = judge(folder.path(), &["--only", "private.max-lifetime"]);
    assert_eq!(ended.code, Some(code), "{text}{ended:?}");
    let rows = rows(&ended);
    let [(seen, observed)] = rows.as_slice() else {
        panic!("one row: {rows:?} {ended:?}");
    };
    assert_eq!(seen, verdict, "{text}{rows:?}");
    let is_told = observed.contains(told) || ended.stdout.contains(told);
    assert!(is_told, "{text}{ended:?}");
    folder
}

#[test]
fn a_variant_shows_what_the_hub_cannot() {
    let missing = "needs variant `short-lifetime`, which the target does not have";
    check_row(HUB, 3, "unsupported", missing);
    let short = format!("{HUB}{SHORT}");
    check_row(&short, 0, "pass", "within the lifetime");
    let never_ends = short.replace("MAX_LIFETIME = \"1s\"", "MAX_LIFETIME = \"1h\"");
    let goes_on = "goes on after the lifetime of 1 s";
    check_row(&never_ends, 0, "warn", goes_on);
    // The hub has it too: no variant is needed.
    let both = format!("{HUB}limits = {{ lifetime_s = 1 }}\n{SHORT}");
    check_row(&both, 0, "warn", goes_on);
    let ends = format!("{short}command = [\"false\"]\n");
    check_row(
        &ends,
        3,
        "inconclusive",
        "variant `short`: its command ended (exit status: 1)",
    );
    let other_dialect = format!("{short}dialects = [\"0.x\"]\n");
    check_row(&other_dialect, 3, "unsupported", missing);
}

/// A hub that is given keys of several kinds, made for the run, by variables and by a file of its own.
#[test]
fn keys_are_made_for_the_run() {
    let folder = target(&format!(
        r#"{HUB}
[variants.keys]
publisher = {{ generate = "EdDSA" }}
subscriber = {{ generate = "HS512" }}
environment = {{ ASSAY_HUB_CONFIG = "{{state}}/more.toml", ASSAY_HUB_JWT_KEY = "", ASSAY_HUB_PUBLISHER_JWT_KEY = "{{publisher}}", ASSAY_HUB_PUBLISHER_JWT_ALGORITHM = "EdDSA", ASSAY_HUB_SUBSCRIBER_JWT_KEY = "{{subscriber}}", ASSAY_HUB_SUBSCRIBER_JWT_ALGORITHM = "HS512" }}

[variants.keys.issuers.partner]
identifier = "https://partner.example"
publisher = {{ generate = "ES256" }}
subscriber = {{ generate = "ES384" }}

[variants.keys.files]
"more.toml" = """
[[trusted_issuer]]
identifier = "https://partner.example"
publisher = {{ key = '''{{partner_publisher}}''', algorithms = ["ES256"] }}
subscriber = {{ key = '''{{partner_subscriber}}''', algorithms = ["ES384"] }}
"""
"#
    ));
    // The hub has one issuer: what needs two goes to the variant, and what public keys tell more about.
    let ids = ["token.key.cross-issuer", "token.alg.key-compat"];
    let ended = judge(folder.path(), &ids.map(|id| ["--only", id]).concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        rows(&ended)
            .iter()
            .filter(|(verdict, _)| verdict == "pass")
            .count(),
        2,
        "{ended:?}"
    );
    assert!(
        ended.stderr.contains("variant keys, dialect 1.0: 2 checks"),
        "{ended:?}"
    );
    // Files with keys are gone with the hub, and no key is in what is left.
    for (name, text) in texts_in(&folder.path().join("out")) {
        assert!(!text.contains("BEGIN PUBLIC KEY"), "{name}");
    }
}

/// Another hub that runs already, whatever starts the first.
#[test]
fn a_variant_may_be_a_url() {
    let hub = Hub::start_with(&["--max-lifetime", "1s"]);
    let keys = format!("publisher = {{ key = \"{KEY}\" }}\nsubscriber = {{ key = \"{KEY}\" }}");
    let short = format!(
        "[variants.short]\nurl = \"{}\"\n{keys}\nlimits = {{ lifetime_s = 1 }}",
        hub.url
    );
    let folder = check_row(&format!("{HUB}{short}"), 0, "pass", "within the lifetime");
    assert!(!folder.path().join("out/hubs/short.log").exists());
}

/// One that cannot be had leaves its rows open; everything else is judged, by the hub and by the other variants.
#[test]
fn a_variant_that_fails_leaves_the_others_alone() {
    let text = format!(
        "{HUB}{SHORT}command = [\"false\"]\n\n[variants.strict]\nenvironment = {{ ASSAY_HUB_ANONYMOUS = \"false\" }}\nclaims = []\n"
    );
    let folder = target(&text);
    let only = [
        "anonymous/refused",
        "private.max-lifetime",
        "token.alg.none",
    ];
    let flags = only.map(|id| ["--only", id]).concat();
    let ended = judge(folder.path(), &flags);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let verdicts: Vec<_> = rows(&ended)
        .into_iter()
        .map(|(verdict, _)| verdict)
        .collect();
    let count = |verdict: &str| verdicts.iter().filter(|seen| *seen == verdict).count();
    assert_eq!(
        (count("inconclusive"), count("pass")),
        (1, verdicts.len() - 1),
        "{ended:?}"
    );
    assert!(
        ended
            .stderr
            .contains("variant strict, dialect 1.0: 1 checks")
    );
    // What they said is kept, what they kept is gone.
    let hubs = folder.path().join("out/hubs");
    for (name, is_there) in [("hub.log", true), ("strict.log", true), ("strict", false)] {
        assert_eq!(hubs.join(name).exists(), is_there, "{name}");
    }
}

#[test]
fn a_variant_may_be_judged_by_all_checks() {
    let folder = target(&format!("{HUB}{SHORT}"));
    let flags = ["--variant", "short", "--only", "token.alg.none"];
    let ended = judge(folder.path(), &flags);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(folder.path().join("out/hubs/short.log").exists());
    assert!(!folder.path().join("out/hubs/hub.log").exists());
}

#[test]
fn what_a_command_leaves_behind_is_told_and_ended() {
    let left = "\"(trap '' TERM; echo $(exec sh -c 'echo $PPID') > pid; exec sleep 1000) & exec \\\"$0\\\" \\\"$@\\\"\"";
    let text = format!("{HUB}{SHORT}{SHELL}, {left}, {ARGUMENTS}\n");
    let folder = check_row(&text, 0, "pass", "left a process behind, which was ended");
    assert!(is_gone(pid_in(folder.path()).unwrap()));
}

/// Those of other hubs take their program, and find what it reads beside them.
#[test]
fn the_targets_that_come_with_assay() {
    for (name, caddyfile) in [
        ("mercure-rocks-1.0", "mercure-rocks.Caddyfile"),
        ("mercure-rocks-0.x", "mercure-rocks.Caddyfile"),
        ("frankenphp", "frankenphp.Caddyfile"),
    ] {
        let folder = tempdir().unwrap();
        let args = ["check", "--target", name, "--out", "out"];
        let ended = assay_in(folder.path(), &args);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("pass --hub-binary"), "{ended:?}");
        assert_eq!(texts_in(folder.path()), [], "{name}");
        let ended = assay_in(
            folder.path(),
            &[&args, ["--hub-binary", "/bin/false"].as_slice()].concat(),
        );
        assert_eq!(ended.code, Some(3), "{ended:?}");
        passes_nowhere(&folder.path().join("out"), "its command ended");
        let hubs = folder.path().join("out/hubs");
        assert!(hubs.join("_target").join(caddyfile).exists());
    }
}

/// The services of a compose file, which run already; the key is typed.
#[test]
fn the_target_of_services() {
    let text = include_str!("../../../../docs/examples/compose/target.toml");
    let hub = Hub::start_with(&["--dialects", "0.x"]);
    let strict = Hub::start_strict(&["--dialects", "0.x"]);
    let mut text = text.to_owned();
    for (port, hub) in [("3001", &hub), ("3002", &strict)] {
        let service = format!("http://127.0.0.1:{port}/.well-known/mercure");
        assert!(text.contains(&service), "{text}");
        text = text.replace(&service, &hub.url);
    }
    let folder = target(&text);
    let only = ["0.x/anonymous", "0.x/token"];
    let flags = only.map(|id| ["--only", id]).concat();
    let ended = judge(
        folder.path(),
        &[&flags, ["--jwt-key", KEY].as_slice()].concat(),
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("variant no-anonymous, dialect 0.x:"),
        "{ended:?}"
    );
}

/// One that never answers is ended, and its rows stay open.
#[test]
fn a_variant_that_is_never_ready() {
    let sleeps = format!("{SHELL}, \"echo $$ > pid; exec sleep 1000\"]");
    let never = format!("{HUB}{SHORT}ready_within_s = 1\n{sleeps}\n");
    let folder = check_row(
        &never,
        3,
        "inconclusive",
        "variant `short`: nothing answers at http://127.0.0.1:",
    );
    assert!(is_gone(pid_in(folder.path()).unwrap()));
}

/// While it waits for a hub that never answers: one signal ends both.
#[test]
fn a_signal_ends_what_is_being_started() {
    for kind in [Signal::INT, Signal::TERM] {
        check_ends_what_is_being_started(kind);
    }
}

fn check_ends_what_is_being_started(kind: Signal) {
    let waits = "\"trap '' TERM; echo $$ > pid; while :; do sleep 1000; done\"]";
    let folder = target(&format!(
        "[hub]\nurl = \"http://127.0.0.1:{{port}}/\"\nready_within_s = 600\n{SHELL}, {waits}\n"
    ));
    let child = command(&["check", "--target", "hub.toml", "--out", "out"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let pid = loop {
        if let Some(pid) = pid_in(folder.path()) {
            break pid;
        }
        std::thread::yield_now();
    };
    signal(&child, kind);
    assert_eq!(finish(child).code, Some(130));
    assert!(is_gone(pid), "{kind:?}");
}

/// A hub that does not end when it is told to: whoever does not want to wait for it ends it by the second signal.
#[test]
fn a_second_signal_ends_what_does_not_end() {
    let stays =
        "\"trap '' TERM; echo $$ > pid; \\\"$0\\\" \\\"$@\\\"; while :; do sleep 1000; done\"";
    let hub = HUB.lines().filter(|line| !line.starts_with("command"));
    let hub: Vec<_> = hub.collect();
    let folder = target(&format!(
        "{}\n{SHELL}, {stays}, {ARGUMENTS}\n",
        hub.join("\n")
    ));
    let mut child = command(&["check", "--target", "hub.toml", "--hub-binary"])
        .args([env!("CARGO_BIN_EXE_assay"), "--out", "out"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let (_, mut stderr) = read_until(child.stderr.take().unwrap(), " checks");
    let pid = pid_in(folder.path()).unwrap();
    signal(&child, Signal::INT);
    let mut line = String::new();
    while !line.contains("interrupted") {
        line.clear();
        std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    }
    signal(&child, Signal::INT);
    assert_eq!(finish(child).code, Some(130));
    assert!(is_gone(pid));
}
