//! Deployments as people have copied them since 2018: the environment of a compose file, a `docker run`, a chart. Each starts, or
//! is refused with today's counterpart. What the best known articles set up is followed further in `recipes.rs`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use tempfile::tempdir;

use crate::program::{command, finish};

/// The secret of the recipe for Symfony, as it was copied, and that of API Platform before it.
const SYMFONY: &str = "!ChangeThisMercureHubJWTSecretKey!";
const UNSECURE: &str = "!UnsecureChangeMe!";

/// What becomes of one.
enum Outcome {
    /// It starts, and these lines are in what `--print-config` says.
    Starts(&'static [&'static str]),
    /// The same, but what it would do first is to ask the world for a certificate: so it is not started here.
    Asks(&'static [&'static str]),
    /// It is refused, and the message has these parts: where, and what to write.
    Refused(&'static [&'static str]),
}

use Outcome::{Asks, Refused, Starts};

/// `NAME=value` a line; a line that begins with a blank goes on with the value of the line before.
fn variables(block: &str, folder: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let line = line
            .replace("SYMFONY", SYMFONY)
            .replace("UNSECURE", UNSECURE)
            .replace("FOLDER", folder);
        if let (Some(more), Some((_, value))) = (line.strip_prefix(' '), found.last_mut()) {
            *value = format!("{value}\n{more}");
            continue;
        }
        let (name, value) = line.split_once('=').expect("a variable");
        found.push((name.to_owned(), value.to_owned()));
    }
    found
}

fn check(name: &str, block: &str, expected: &Outcome) {
    let folder = tempdir().unwrap();
    let variables = variables(block, folder.path().to_str().unwrap());
    let assay = |args: &[&str]| {
        let mut command = command(args);
        command
            .current_dir(folder.path())
            .envs(variables.iter().cloned());
        command
    };
    let print = assay(&["hub", "--print-config"]).spawn().unwrap();
    let printed = finish(print);
    let all = format!("{name}: {printed:?}");
    assert!(
        !printed.stdout.contains(SYMFONY) && !printed.stderr.contains(SYMFONY),
        "{all}"
    );
    let (code, parts, text) = match expected {
        Starts(parts) | Asks(parts) => (0, parts, &printed.stdout),
        Refused(parts) => (2, parts, &printed.stderr),
    };
    assert_eq!(printed.code, Some(code), "{all}");
    for part in *parts {
        assert!(text.contains(part), "no {part:?} in {all}");
    }
    if !matches!(expected, Starts(_)) {
        return;
    }
    let mut hub = assay(&["hub", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = hub.stdout.take().unwrap();
    let read = BufReader::new(stdout).read_line(&mut line);
    hub.kill().unwrap();
    hub.wait().unwrap();
    read.unwrap();
    assert!(line.starts_with("http://127.0.0.1:"), "{name}: {line:?}");
}

#[test]
fn of_the_hub_before_0_11() {
    for (name, block, expected) in [
        (
            "docker run of the readme, 2019",
            "JWT_KEY=UNSECURE\nDEMO=1\nALLOW_ANONYMOUS=1\nPUBLISH_ALLOWED_ORIGINS=http://localhost,http://localhost:8080\n\
             CORS_ALLOWED_ORIGINS=*",
            Starts(&[
                "listen = \":80\"",
                "dialects = \"0.x\"",
                "demo = true",
                "legacy_paths = true",
                "cors_origin = [\"*\"]",
                "has 18 bytes",
            ]),
        ),
        (
            "API Platform 2.5",
            "JWT_KEY=UNSECURE\nALLOW_ANONYMOUS=1\nCORS_ALLOWED_ORIGINS=*\n\
             PUBLISH_ALLOWED_ORIGINS=http://localhost:1337,https://localhost:1338",
            Starts(&["publish_origin = [\"http://localhost:1337\", \"https://localhost:1338\"]"]),
        ),
        (
            "every origin may publish",
            "JWT_KEY=k\nDEMO=1\nALLOW_ANONYMOUS=1\nADDR=:3000\nPUBLISH_ALLOWED_ORIGINS=*\nCORS_ALLOWED_ORIGINS=*",
            Refused(&["PUBLISH_ALLOWED_ORIGINS", "list the origins"]),
        ),
        (
            "production, 2018",
            "JWT_KEY=myJWTKey\nACME_HOSTS=example.com",
            Asks(&[
                "acme_host = [\"example.com\"]",
                "listen = \":443\"",
                "acme_http01_listen = \":80\"",
            ]),
        ),
        (
            "behind a proxy, with a history, 0.8",
            "JWT_KEY=k\nTRANSPORT_URL=bolt://updates.db?size=100&cleanup_frequency=0.4\nUSE_FORWARDED_HEADERS=1\n\
             CORS_ALLOWED_ORIGINS=https://a.example https://b.example\nADDR=0.0.0.0:8080\nLOG_FORMAT=JSON",
            Starts(&[
                "history = \"redb:updates.redb\"",
                "history_size = 100",
                "log_format = \"json\"",
                "--trusted-proxy",
                "JWT_KEY has 1 byte:",
            ]),
        ),
        (
            "a history, 0.5",
            "JWT_KEY=k\nDB_PATH=FOLDER/updates.db\nHISTORY_SIZE=1000\nHISTORY_CLEANUP_FREQUENCY=0.3",
            Starts(&["updates.redb\"", "history_size = 1000"]),
        ),
        (
            "metrics with a password, 0.10",
            "JWT_KEY=k\nMETRICS=1\nMETRICS_LOGIN=a\nMETRICS_PASSWORD=hush",
            Refused(&["METRICS: ", "--metrics-listen"]),
        ),
        (
            "keys of both roles, RSA, 0.8",
            "PUBLISHER_JWT_KEY=-----BEGIN PUBLIC KEY-----\\nMIIB\\n-----END PUBLIC KEY-----\nJWT_ALGORITHM=RS256\nSUBSCRIBER_JWT_KEY=k",
            Refused(&["PUBLISHER_JWT_KEY: ", "as `\\n`", "@FILE"]),
        ),
        (
            "an env file with quotes",
            "JWT_KEY=\"!ChangeMe!\"\nALLOW_ANONYMOUS=1",
            Starts(&["JWT_KEY begins and ends with a quote"]),
        ),
    ] {
        check(name, block, &expected);
    }
}

#[test]
fn of_the_caddy_build() {
    for (name, block, expected) in [
        (
            "recipe of Symfony, behind a proxy",
            "SERVER_NAME=:80\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\n\
             MERCURE_EXTRA_DIRECTIVES=\n cors_origins http://127.0.0.1:8000",
            Starts(&[
                "listen = \":80\"",
                "dialects = \"1.0,0.x\"",
                "cors_origin = [\"http://127.0.0.1:8000\"]",
            ]),
        ),
        (
            "recipe of Symfony, as it comes",
            "MERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\nMERCURE_EXTRA_DIRECTIVES=\n cors_origins http://127.0.0.1:8000",
            Starts(&["SERVER_NAME is not there", "write SERVER_NAME=:80"]),
        ),
        (
            "FrankenPHP in Symfony Docker",
            "SERVER_NAME=localhost, php:80\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\n\
             MERCURE_URL=http://php/.well-known/mercure\nMERCURE_PUBLIC_URL=https://localhost/.well-known/mercure\n\
             MERCURE_JWT_SECRET=SYMFONY",
            Refused(&["SERVER_NAME: ", "the ports 443 and 80", ":80"]),
        ),
        (
            "API Platform 3",
            "SERVER_NAME=:80\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\n\
             MERCURE_EXTRA_DIRECTIVES=demo\n cors_origins *\n anonymous",
            Starts(&["demo = true", "anonymous = true", "cors_origin = [\"*\"]"]),
        ),
        (
            "the year of `DEBUG: debug`",
            "DEBUG=debug\nSERVER_NAME=:80\nMERCURE_PUBLISHER_JWT_KEY=!ChangeMe!\nMERCURE_SUBSCRIBER_JWT_KEY=!ChangeMe!\n\
             MERCURE_EXTRA_DIRECTIVES=\n cors_origins \"*\"\n publish_origins \"*\"\n anonymous",
            Refused(&["line 3: publish_origins", "list the origins"]),
        ),
        (
            "the chart",
            "SERVER_NAME=http://:80\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\nMERCURE_PUBLISHER_JWT_ALG=HS256\n\
             MERCURE_SUBSCRIBER_JWT_ALG=HS256\nMERCURE_TRANSPORT_URL=bolt://FOLDER/mercure.db\nGLOBAL_OPTIONS=\nCADDY_EXTRA_CONFIG=\n\
             CADDY_SERVER_EXTRA_DIRECTIVES=\nMERCURE_LICENSE=\nMERCURE_EXTRA_DIRECTIVES=cors_origins https://example.com\n anonymous\n subscriptions",
            Starts(&["listen = \":80\"", "subscriptions = true", "mercure.redb\""]),
        ),
        (
            "several hubs over Redis",
            "SERVER_NAME=:80\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\nMERCURE_TRANSPORT_URL=redis://redis/mercure",
            Refused(&["MERCURE_TRANSPORT_URL: ", "--history redb:"]),
        ),
        (
            "all that was in the documentation of 0.14",
            "SERVER_NAME=http://mercure.example.com\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\n\
             MERCURE_EXTRA_DIRECTIVES=cors_origins https://*.example.com http://localhost:3000\n publish_origins https://example.com\n \
             ui\n transport_url bolt://FOLDER/m.db?size=1000&cleanup_frequency=0.5\n write_timeout 0s\n dispatch_timeout 5s\n \
             protocol_version_compatibility 7\n topic_selector_cache -1",
            Starts(&[
                "history_size = 1000",
                "max_lifetime = \"0\"",
                "write_timeout = \"5s\"",
                "demo = true",
            ]),
        ),
        (
            "a certificate from the world",
            "SERVER_NAME=mercure.example.com\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\nMERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\n\
             GLOBAL_OPTIONS=email ops@example.com",
            Asks(&[
                "acme_host = [\"mercure.example.com\"]",
                "acme_contact = [\"ops@example.com\"]",
            ]),
        ),
        (
            "the first 1.0",
            "SERVER_NAME=:80\nMERCURE_TRUSTED_ISSUERS=https://example.com\nMERCURE_PUBLISHER_JWT_KEY=SYMFONY\n\
             MERCURE_SUBSCRIBER_JWT_KEY=SYMFONY\nMERCURE_EXTRA_DIRECTIVES=playground",
            Starts(&[
                "dialects = \"1.0\"",
                "issuer = \"https://example.com\"",
                "demo = true",
            ]),
        ),
    ] {
        check(name, block, &expected);
    }
}

/// What fails only at the start names the variable too, and not a flag that nobody wrote.
#[test]
fn a_history_that_cannot_be_opened() {
    let mut command = command(&["hub", "--listen", "127.0.0.1:0"]);
    command.envs([
        ("MERCURE_PUBLISHER_JWT_KEY", SYMFONY),
        ("MERCURE_SUBSCRIBER_JWT_KEY", SYMFONY),
        ("MERCURE_TRANSPORT_URL", "bolt:///no/such/folder/mercure.db"),
        ("SERVER_NAME", ":80"),
    ]);
    let ended = finish(command.spawn().unwrap());
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for part in ["MERCURE_TRANSPORT_URL names", "/no/such/folder"] {
        assert!(ended.stderr.contains(part), "no {part:?} in {ended:?}");
    }
}
