//! Where the hub's settings come from, and what `hub --print-config` says of it.

use std::fs;

use tempfile::tempdir;

use crate::program::{Ended, KEY, command, finish};

/// `assay hub --print-config` in a folder with these files, flags and variables.
fn printed(files: &[(&str, &str)], flags: &str, variables: &[(&str, &str)]) -> Ended {
    let folder = tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let flags = flags.split(' ').filter(|it| !it.is_empty());
    let line: Vec<_> = ["hub", "--print-config"].into_iter().chain(flags).collect();
    let mut command = command(&line);
    command.envs(variables.iter().copied());
    finish(command.current_dir(folder.path()).spawn().unwrap())
}

fn check(
    files: &[(&str, &str)],
    flags: &str,
    variables: &[(&str, &str)],
    code: i32,
    expected: &[&str],
) {
    let ended = printed(files, flags, variables);
    let context = format!("{flags} {variables:?}: {ended:?}");
    assert_eq!(ended.code, Some(code), "{context}");
    let said = if code == 0 {
        &ended.stdout
    } else {
        &ended.stderr
    };
    for part in expected {
        assert!(said.contains(part), "{part:?} is not in {context}");
    }
    assert!(!said.contains(KEY), "{context}");
}

#[test]
fn what_is_typed_counts_before_the_environment_and_that_before_the_file() {
    let file = "listen = ':1'\npath = '/file'\nanonymous = true\nhistory_size = 3\n";
    check(
        &[("hub.toml", file)],
        "--config hub.toml --listen :3 --anonymous=false --jwt-algorithm HS512",
        &[
            ("ASSAY_HUB_JWT_KEY", KEY),
            ("ASSAY_HUB_LISTEN", ":2"),
            ("ASSAY_HUB_PATH", "/environment"),
            // As if it were not there.
            ("ASSAY_HUB_HISTORY_SIZE", ""),
        ],
        0,
        &[
            "listen = \":3\" # --listen\n",
            "\npath = \"/environment\" # ASSAY_HUB_PATH\n",
            "\nanonymous = false # --anonymous\n",
            "\nhistory_size = 3 # hub.toml:4\n",
            "\n# jwt_key = \"…\" # ASSAY_HUB_JWT_KEY; masked\n",
            "\nheartbeat = \"15s\" # default\n",
        ],
    );
    check(
        &[("other.toml", "listen = ':1'")],
        "--jwt-key @key",
        &[("ASSAY_HUB_CONFIG", "other.toml")],
        2,
        &["key for --jwt-key"],
    );
}

/// A file means the same from wherever it is read.
#[test]
fn a_key_file_is_looked_for_beside_the_file_that_names_it() {
    check(
        &[("etc/hub.toml", "jwt_key = '@key'"), ("etc/key", KEY)],
        "--config etc/hub.toml",
        &[],
        0,
        &["\njwt_key = \"@/", "/etc/key\" # etc/hub.toml:1\n"],
    );
}

#[test]
fn mistakes_end_it_with_2() {
    for (file, flags, variables, expected) in [
        ("", "", &[][..], &["no key", "--jwt-key"][..]),
        ("", "--config none.toml", &[], &["none.toml", "--config"]),
        (
            "listn = 1",
            "--config hub.toml",
            &[],
            &["hub.toml:1:1", "`listen`"],
        ),
        (
            "jwt_key = '@none'",
            "--config hub.toml",
            &[],
            &["/none for hub.toml:1: jwt_key"],
        ),
        (
            "",
            "--jwt-key x",
            &[("ASSAY_HUB_ANONYMOUS", "perhaps")],
            &["ASSAY_HUB_ANONYMOUS", "true or false"],
        ),
        (
            "",
            "--jwt-key 0123456789abcdef0123456789abcdef --log-format xml",
            &[],
            &["--log-format", "text or json"],
        ),
        (
            "log = 'a=b=c'",
            "--jwt-key 0123456789abcdef0123456789abcdef --config hub.toml",
            &[],
            &["hub.toml:1: log: write a level"],
        ),
        (
            "heartbeat = '5'",
            "--config hub.toml --jwt-key 0123456789abcdef0123456789abcdef",
            &[],
            &["hub.toml:1: heartbeat", "15s"],
        ),
    ] {
        check(&[("hub.toml", file)], flags, variables, 2, expected);
    }
}

#[test]
fn a_variable_that_is_no_setting_is_told() {
    let ended = printed(
        &[],
        "",
        &[
            ("ASSAY_HUB_JWT_KEY", KEY),
            ("ASSAY_HUB_CORS_ORIGINS", "*"),
            ("ASSAY_HUB_SERVICE_HOST", "10.0.0.1"),
            ("ASSAY_HUB_PORT_3000_TCP", "tcp://10.0.0.1:3000"),
        ],
    );
    let warnings: Vec<_> = ended
        .stdout
        .lines()
        .filter(|it| it.starts_with("# warning"))
        .collect();
    assert_eq!(
        warnings,
        [
            "# warning: ASSAY_HUB_CORS_ORIGINS is no setting, and is not read: did you mean ASSAY_HUB_CORS_ORIGIN?"
        ],
        "{ended:?}"
    );
}

/// The environment that tutorials of the other hub set up; ours counts before it.
#[test]
fn the_settings_of_another_hub_are_translated() {
    check(
        &[("hub.toml", "heartbeat = '20s'")],
        "--listen 127.0.0.1:0 --config hub.toml",
        &[
            ("JWT_KEY", KEY),
            ("ALLOW_ANONYMOUS", "1"),
            ("ADDR", ":80"),
            ("HEARTBEAT_INTERVAL", "5s"),
        ],
        0,
        &[
            "# warning: JWT_KEY is of the Mercure.rocks hub before 0.11",
            "\n# jwt_key = \"…\" # JWT_KEY; masked\n",
            "\ndialects = \"0.x\" # JWT_KEY\n",
            "\nlisten = \"127.0.0.1:0\" # --listen\n",
            "\nheartbeat = \"20s\" # hub.toml:1\n",
        ],
    );
    check(
        &[],
        "",
        &[
            ("MERCURE_PUBLISHER_JWT_KEY", KEY),
            ("MERCURE_EXTRA_DIRECTIVES", "anonymous\nanonymus"),
        ],
        2,
        &["MERCURE_EXTRA_DIRECTIVES, line 2: this", "anonymous?"],
    );
}
