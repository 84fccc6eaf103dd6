//! What becomes of the settings of the Mercure.rocks hub.

use assay_hub::{Layer, Legacy, Setting, Source};

use crate::support::SECRET;

/// Variables, one a line (`\n` inside a value is a line break), `SECRET` for a key that is long enough.
fn translated(variables: &str, ours: &[(&str, &str)]) -> Result<(String, String), String> {
    let variables: Vec<(&str, String)> = variables
        .lines()
        .filter_map(|line| line.trim().split_once('='))
        .map(|(name, value)| (name, value.replace("SECRET", SECRET).replace("\\n", "\n")))
        .collect();
    let mut layer = Layer::default();
    for (name, value) in ours {
        layer.push(Setting::named(name).expect(name), Source::Flag, *value);
    }
    let found = |name: &str| {
        let mut all = variables.iter();
        all.find(|it| it.0 == name).map(|(_, value)| value.clone())
    };
    let legacy = Legacy::translate(&found, &layer).map_err(|error| error.to_string())?;
    let notes = legacy.warnings.iter().map(|it| format!("{it}\n"));
    Ok((legacy.settings.to_toml(), notes.collect()))
}

/// Each line is in the file that is printed; `!NAME` lines are not, and `~` lines are in the notes.
fn check(variables: &str, ours: &[(&str, &str)], expected: &[&str]) {
    let (settings, notes) =
        translated(variables, ours).unwrap_or_else(|error| panic!("{variables}: {error}"));
    let all = format!("{variables}\n{settings}\n{notes}");
    assert!(
        !settings.contains(SECRET) && !notes.contains(SECRET),
        "{all}"
    );
    for line in expected {
        if let Some(note) = line.strip_prefix('~') {
            assert!(notes.contains(note), "{note:?} in notes of {all}");
        } else if let Some(name) = line.strip_prefix('!') {
            assert!(!settings.contains(name), "{name:?} in {all}");
        } else {
            assert!(settings.lines().any(|it| it == *line), "{line:?} in {all}");
        }
    }
}

fn refused(variables: &str, expected: &[&str]) {
    let error = translated(variables, &[]).expect_err(variables);
    assert!(
        !error.contains(SECRET) && !error.contains("hush"),
        "{error}"
    );
    for part in expected {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

#[test]
fn versions_before_0_11() {
    check(
        "JWT_KEY=SECRET\nALLOW_ANONYMOUS=1\nCORS_ALLOWED_ORIGINS=*\nPUBLISH_ALLOWED_ORIGINS=http://localhost",
        &[],
        &[
            "# jwt_key = \"…\" # JWT_KEY; masked",
            "dialects = \"0.x\" # JWT_KEY",
            "anonymous = true # ALLOW_ANONYMOUS",
            "listen = \":80\" # the default of ADDR",
            "cors_origin = [\"*\"] # CORS_ALLOWED_ORIGINS",
            "publish_origin = [\"http://localhost\"] # PUBLISH_ALLOWED_ORIGINS",
            "~JWT_KEY is of the Mercure.rocks hub before 0.11",
            "~TRANSPORT_URL is not there",
        ],
    );
    check(
        "PUBLISHER_JWT_KEY=a\nSUBSCRIBER_JWT_KEY=b\nJWT_ALGORITHM=HS512\nADDR=:http\nHEARTBEAT_INTERVAL=1m30s\n\
         WRITE_TIMEOUT=0s\nDISPATCH_TIMEOUT=1.5s\nLOG_FORMAT=FLUENTD\nCOMPRESS=1\nHISTORY_SIZE=0\nTCSZ=7\nALLOW_ANONYMOUS=0",
        &[],
        &[
            "# publisher_jwt_key = \"…\" # PUBLISHER_JWT_KEY; masked",
            "# subscriber_jwt_key = \"…\" # SUBSCRIBER_JWT_KEY; masked",
            "jwt_algorithm = \"HS512\" # JWT_ALGORITHM",
            "listen = \":80\" # ADDR",
            "heartbeat = \"90s\" # HEARTBEAT_INTERVAL",
            "max_lifetime = \"0\" # WRITE_TIMEOUT",
            "write_timeout = \"1500ms\" # DISPATCH_TIMEOUT",
            "log_format = \"json\" # LOG_FORMAT",
            "anonymous = false # ALLOW_ANONYMOUS",
            "# history_size: 10000 in memory, 1000000 in a file # default",
            "~COMPRESS is not needed",
            "~HISTORY_SIZE is 0, which kept all",
            "~TCSZ is not needed",
            "~LOG_FORMAT is FLUENTD",
        ],
    );
    check(
        "JWT_KEY=k\nCERT_FILE=/c.pem\nCERT_KEY=/k.pem",
        &[],
        &[
            "# tls_cert = \"…\" # CERT_FILE; masked",
            "# tls_key = \"…\" # CERT_KEY; masked",
            "listen = \":443\" # the default of ADDR",
            "~CERT_KEY is taken for KEY_FILE",
        ],
    );
    check(
        "JWT_KEY=k\nCERT_FILE=/c.pem\nCERT_KEY=/x.pem\nKEY_FILE=/k.pem\nADDR=:https",
        &[],
        &[
            "# tls_key = \"…\" # KEY_FILE; masked",
            "listen = \":443\" # ADDR",
            "~CERT_KEY is not read",
        ],
    );
    check(
        "JWT_KEY=k\nMETRICS_ENABLED=1\nUSE_FORWARDED_HEADERS=1\nSUBSCRIPTIONS=1",
        &[],
        &[
            "subscriptions = true # SUBSCRIPTIONS",
            "metrics_listen = \"127.0.0.1:9764\" # METRICS_ENABLED",
            "~USE_FORWARDED_HEADERS believed",
        ],
    );
    check(
        "JWT_KEY=k\nMETRICS_ENABLED=true\nMETRICS_ADDR=:9000",
        &[],
        &["metrics_listen = \":9000\" # METRICS_ADDR"],
    );
    check(
        "JWT_KEY=k\nCORS_ALLOWED_ORIGINS=https://a.example https://b.example\nHISTORY_SIZE=500\nLOG_FORMAT=JSON",
        &[("listen", ":9"), ("history-size", "7")],
        &[
            "cors_origin = [\"https://a.example\", \"https://b.example\"] # CORS_ALLOWED_ORIGINS",
            // Of the layer below, what is written for this hub is left away.
            "!ADDR",
            "!HISTORY_SIZE",
        ],
    );
}

/// A stray variable changes nothing.
#[test]
fn which_names_count() {
    let stray = "DEBUG=1\nDEMO=1\nADDR=:80\nSERVER_NAME=:80\nSUBSCRIPTIONS=1\nMERCURE_URL=http://x\nMERCURE_JWT_SECRET=x";
    let nothing = [
        "!SERVER_NAME",
        "!DEBUG",
        "!ADDR",
        "dialects = \"1.0\" # default",
    ];
    check(stray, &[], &nothing);
    check(stray, &[("jwt-key", "x")], &nothing);
    check(
        &format!("JWT_KEY=k\n{stray}"),
        &[("jwt-key", "x")],
        &[
            &nothing[..],
            &["!JWT_KEY", "~JWT_KEY is not read", "~--jwt-key is the key"],
        ]
        .concat(),
    );
    // Beside a name of the Caddy build, those of the server before mean nothing.
    check(
        "MERCURE_PUBLISHER_JWT_KEY=k\nJWT_KEY=x\nALLOW_ANONYMOUS=1\nSERVER_NAME=:81",
        &[],
        &[
            "!ALLOW_ANONYMOUS",
            "# jwt_key: none # default",
            "listen = \":81\" # SERVER_NAME",
        ],
    );
    // A name that is nobody else's counts beside a key of ours; the others do not, and the key of ours covers the other.
    check(
        "MERCURE_PUBLISHER_JWT_KEY=k\nMERCURE_PUBLISHER_JWT_ALG=RS256\nMERCURE_EXTRA_DIRECTIVES=anonymous\nSERVER_NAME=:81",
        &[("jwt-key", "x")],
        &[
            "anonymous = true # MERCURE_EXTRA_DIRECTIVES, line 1: anonymous",
            "listen = \"127.0.0.1:3000\" # default",
            "!publisher_jwt_key =",
            "!RS256",
        ],
    );
    // Empty is as good as not there.
    check(
        "JWT_KEY=\nMERCURE_PUBLISHER_JWT_KEY= \nDEMO=1",
        &[],
        &nothing,
    );
}

#[test]
fn the_caddy_build() {
    check(
        "SERVER_NAME=:80\nMERCURE_PUBLISHER_JWT_KEY=SECRET\nMERCURE_SUBSCRIBER_JWT_KEY=SECRET\n\
         MERCURE_EXTRA_DIRECTIVES=cors_origins https://a.example https://b.example\\nanonymous",
        &[],
        &[
            "listen = \":80\" # SERVER_NAME",
            "dialects = \"1.0,0.x\" # MERCURE_PUBLISHER_JWT_KEY",
            "# publisher_jwt_key = \"…\" # MERCURE_PUBLISHER_JWT_KEY; masked",
            "# subscriber_jwt_key = \"…\" # MERCURE_SUBSCRIBER_JWT_KEY; masked",
            "cors_origin = [\"https://a.example\", \"https://b.example\"] # MERCURE_EXTRA_DIRECTIVES, line 1: cors_origins",
            "anonymous = true # MERCURE_EXTRA_DIRECTIVES, line 2: anonymous",
            "~both dialects are spoken",
        ],
    );
    check(
        "MERCURE_PUBLISHER_JWT_KEY=k\nMERCURE_SUBSCRIBER_JWT_KEY=k\nMERCURE_SUBSCRIBER_JWT_ALG=RS256\n\
         MERCURE_TRUSTED_ISSUERS=https://auth.example\nMERCURE_LICENSE=x\nCADDY_EXTRA_CONFIG= \nGLOBAL_OPTIONS=debug",
        &[],
        &[
            "issuer = \"https://auth.example\" # MERCURE_TRUSTED_ISSUERS",
            "dialects = \"1.0\" # MERCURE_PUBLISHER_JWT_KEY",
            "subscriber_jwt_algorithm = \"RS256\" # MERCURE_SUBSCRIBER_JWT_ALG",
            "log = \"info,assay_hub=debug\" # GLOBAL_OPTIONS",
            "~the dialect is 1.0 alone",
            "~SERVER_NAME is not there",
            "~MERCURE_LICENSE is not needed",
        ],
    );
    // With a certificate of ours, Caddy need not ask for one.
    check(
        "MERCURE_PUBLISHER_JWT_KEY=k\nSERVER_NAME=hub.example.com",
        &[("tls-cert", "c.pem")],
        &["listen = \":443\" # SERVER_NAME"],
    );
    for (name, listen) in [
        (":80", ":80"),
        ("http://hub.example:8080", ":8080"),
        (":3000", ":3000"),
        ("http://localhost, php:80", ":80"),
    ] {
        check(
            &format!("MERCURE_PUBLISHER_JWT_KEY=k\nSERVER_NAME={name}"),
            &[],
            &[&format!("listen = \"{listen}\" # SERVER_NAME")],
        );
    }
}

#[test]
fn certificates_that_are_asked_for() {
    let server = "JWT_KEY=k\nACME_HOSTS=a.example,b.example";
    let caddy = "MERCURE_PUBLISHER_JWT_KEY=k\nSERVER_NAME=hub.example.com, https://www.example.com";
    check(
        server,
        &[],
        &[
            "acme_host = [\"a.example\", \"b.example\"] # ACME_HOSTS",
            "acme_http01_listen = \":80\" # the default of ACME_HTTP01_ADDR",
            "listen = \":443\" # the default of ADDR",
            "~ACME_CERT_DIR is not there",
        ],
    );
    check(
        &format!("{server}\nACME_CERT_DIR=/certs\nACME_HTTP01_ADDR=127.0.0.1:http\nADDR=:8443"),
        &[],
        &[
            "acme_cache = \"/certs\" # ACME_CERT_DIR",
            "acme_http01_listen = \"127.0.0.1:80\" # ACME_HTTP01_ADDR",
            "listen = \":8443\" # ADDR",
        ],
    );
    check(
        &format!("{server}\nACME_CERT_DIR=/certs"),
        &[("tls-cert", "c.pem")],
        &[
            "!ACME",
            "listen = \":443\" # the default of ADDR",
            "~ACME_HOSTS is not read",
            "~ACME_CERT_DIR is not read",
        ],
    );
    check(
        "JWT_KEY=k\nCERT_FILE=/c.pem\nCERT_KEY=/k.pem",
        &[("acme-host", "a.example")],
        &["!CERT_", "~CERT_FILE is not read", "~CERT_KEY is not read"],
    );
    check(
        "JWT_KEY=k\nACME_CERT_DIR=/certs",
        &[],
        &["!ACME_", "~ACME_CERT_DIR says how"],
    );
    check(
        caddy,
        &[],
        &[
            "acme_host = [\"hub.example.com\", \"www.example.com\"] # SERVER_NAME",
            "listen = \":443\" # SERVER_NAME",
            "acme_http01_listen = \":80\" # SERVER_NAME",
            "~SERVER_NAME asks for a certificate",
        ],
    );
    let options = "email ops@example.com\\nacme_ca https://ca.example/acme\\nacme_ca_root /root.pem\\n\
                   http_port 8080\\nstorage file_system /data\\nauto_https ignore_loaded_certs";
    check(
        &format!("{caddy}\nGLOBAL_OPTIONS={options}"),
        &[],
        &[
            "acme_contact = [\"ops@example.com\"] # GLOBAL_OPTIONS, line 1: email",
            "acme_directory = \"https://ca.example/acme\" # GLOBAL_OPTIONS, line 2: acme_ca",
            "# acme_ca_file = \"…\" # GLOBAL_OPTIONS, line 3: acme_ca_root; masked",
            "acme_http01_listen = \":8080\" # GLOBAL_OPTIONS, line 4: http_port",
            "acme_cache = \"/data/assay\" # GLOBAL_OPTIONS, line 5: storage",
            "~GLOBAL_OPTIONS has auto_https, which is not needed",
        ],
    );
    check(
        "MERCURE_PUBLISHER_JWT_KEY=k\nSERVER_NAME=:80\nGLOBAL_OPTIONS=email ops@example.com",
        &[],
        &[
            "acme_contact = [] # default",
            "~GLOBAL_OPTIONS, line 1: email is not needed",
        ],
    );
}

#[test]
fn directives() {
    let with = |text: &str| format!("MERCURE_PUBLISHER_JWT_KEY=k\nMERCURE_EXTRA_DIRECTIVES={text}");
    for (text, expected) in [
        (
            "subscriptions",
            "subscriptions = true # MERCURE_EXTRA_DIRECTIVES, line 1: subscriptions",
        ),
        (
            "playground",
            "cors_origin = [\"*\"] # MERCURE_EXTRA_DIRECTIVES, line 1: playground",
        ),
        (
            "heartbeat 10s",
            "heartbeat = \"10s\" # MERCURE_EXTRA_DIRECTIVES, line 1: heartbeat",
        ),
        (
            "write_timeout 0s",
            "max_lifetime = \"0\" # MERCURE_EXTRA_DIRECTIVES, line 1: write_timeout",
        ),
        (
            "dispatch_timeout 5s",
            "write_timeout = \"5s\" # MERCURE_EXTRA_DIRECTIVES, line 1: dispatch_timeout",
        ),
        (
            "cookie_name x",
            "cookie_name = \"x\" # MERCURE_EXTRA_DIRECTIVES, line 1: cookie_name",
        ),
        (
            "publish_origins a b",
            "publish_origin = [\"a\", \"b\"] # MERCURE_EXTRA_DIRECTIVES, line 1: publish_origins",
        ),
        (
            "subscriber_jwks_url file:///etc/jwks.json",
            "# subscriber_jwks = \"…\" # MERCURE_EXTRA_DIRECTIVES, line 1: subscriber_jwks_url; masked",
        ),
        (
            "publisher_jwks_url https://a.example/jwks",
            "publisher_jwks = \"https://a.example/jwks\" # MERCURE_EXTRA_DIRECTIVES, line 1: publisher_jwks_url",
        ),
        (
            "publisher_jwks_url https://a.example/jwks",
            "# publisher_jwt_key: that of --jwt-key # default",
        ),
        (
            "public_urls https://a.example/.well-known/mercure",
            "public_url = [\"https://a.example/.well-known/mercure\"] # MERCURE_EXTRA_DIRECTIVES, line 1: public_urls",
        ),
        // The last of them counts, as there.
        (
            "cors_origins a\\ncors_origins b",
            "cors_origin = [\"b\"] # MERCURE_EXTRA_DIRECTIVES, line 2: cors_origins",
        ),
        (
            "resource_identifier https://h/",
            "resource_identifier = \"https://h/\" # MERCURE_EXTRA_DIRECTIVES, line 1: resource_identifier",
        ),
        (
            "topic_selector_cache -1\\nlru_cache 3 # x",
            "~line 2: lru_cache is not needed",
        ),
        (
            "publisher_jwt {env.K} RS256",
            "publisher_jwt_algorithm = \"RS256\" # MERCURE_EXTRA_DIRECTIVES, line 1: publisher_jwt",
        ),
        (
            "protocol_version_compatibility 7",
            "dialects = \"1.0,0.x\" # MERCURE_PUBLISHER_JWT_KEY",
        ),
        (
            "issuer https://a.example {\\n publisher {\\n jwt \"x y\" HS512\\n }\\n}",
            "publisher.algorithms = [\"HS512\"] # MERCURE_EXTRA_DIRECTIVES, line 3: jwt",
        ),
        (
            "issuer https://a.example {\\n subscriber {\\n jwks_uri https://a.example/jwks ES256 RS256\\n }\\n}",
            "subscriber.algorithms = [\"ES256\", \"RS256\"] # MERCURE_EXTRA_DIRECTIVES, line 3: jwks_uri",
        ),
        (
            "issuer https://a.example {\\n authorization_server\\n}\\nissuer https://b.example",
            "identifier = \"https://b.example\" # MERCURE_EXTRA_DIRECTIVES, line 4: issuer",
        ),
        (
            "issuer https://a.example {\\n authorization_server\\n}",
            "authorization_server = true",
        ),
        (
            "issuer https://a.example\\nprotocol_version_compatibility 7",
            "dialects = \"1.0,0.x\" # MERCURE_PUBLISHER_JWT_KEY",
        ),
        (
            "issuer https://a.example",
            "dialects = \"1.0\" # MERCURE_PUBLISHER_JWT_KEY",
        ),
    ] {
        check(&format!("K=secret\n{}", with(text)), &[], &[expected]);
    }
}

#[test]
fn directives_that_cannot_be_followed() {
    let with = |text: &str| format!("MERCURE_PUBLISHER_JWT_KEY=k\nMERCURE_EXTRA_DIRECTIVES={text}");
    for (text, expected) in [
        ("anonymus", &["line 1: ", "did you mean anonymous"][..]),
        (
            "anonymous\\nhush-word x",
            &["MERCURE_EXTRA_DIRECTIVES, line 2"],
        ),
        ("anonymous x", &["line 1: anonymous", "too much"]),
        ("heartbeat", &["line 1: heartbeat", "too little"]),
        ("heartbeat often", &["line 1: heartbeat", "15s"]),
        ("cors_origins", &["line 1: cors_origins"]),
        ("anonymous {\\n x\\n}", &["has no block"]),
        ("publisher_jwt @hush", &["line 1: publisher_jwt", "@FILE"]),
        (
            "publisher_jwt {file.hush}",
            &["line 1: publisher_jwt", "{env.NAME}"],
        ),
        ("jwt x", &["line 1: jwt", "issuer"]),
        ("protocol_version_compatibility 5", &["--dialects"]),
        (
            "transport redis {\\n address x\\n}",
            &["line 1: ", "redis", "--history"],
        ),
        ("transport hush", &["line 1: transport", "--history"]),
    ] {
        refused(&with(text), expected);
    }
}

#[test]
fn variables_in_directives() {
    for (text, expected) in [
        // As the Caddyfile that comes with that hub has it.
        (
            "publisher_jwt {env.MERCURE_PUBLISHER_JWT_KEY} {env.MERCURE_PUBLISHER_JWT_ALG}",
            "publisher_jwt_algorithm = \"HS256\" # MERCURE_EXTRA_DIRECTIVES, line 1: publisher_jwt",
        ),
        (
            "heartbeat {$HEARTBEAT:20s}",
            "heartbeat = \"20s\" # MERCURE_EXTRA_DIRECTIVES, line 1: heartbeat",
        ),
    ] {
        check(
            &format!("MERCURE_PUBLISHER_JWT_KEY=k\nMERCURE_EXTRA_DIRECTIVES={text}"),
            &[],
            &[expected],
        );
    }
}

#[test]
fn what_is_not_done_is_refused_with_its_counterpart() {
    for (name, expected) in [
        ("METRICS=1", &["METRICS: ", "--metrics-listen"][..]),
        (
            "METRICS_LOGIN=hush",
            &["METRICS_LOGIN: ", "--metrics-listen"],
        ),
        ("SUBSCRIPTIONS_INCLUDE_IP=1", &["payload"]),
        (
            "TRANSPORT_URL=redis://hush@x",
            &["TRANSPORT_URL: ", "redis", "--history"],
        ),
        ("TRANSPORT_URL=hush", &["TRANSPORT_URL: ", "--history"]),
        ("ALLOW_ANONYMOUS=hush", &["ALLOW_ANONYMOUS: ", "1 or 0"]),
        ("HEARTBEAT_INTERVAL=15", &["HEARTBEAT_INTERVAL: ", "15s"]),
    ] {
        refused(&format!("JWT_KEY=SECRET\n{name}"), expected);
    }
    for (name, expected) in [
        ("SERVER_NAME=localhost", &["SERVER_NAME: ", ":80"][..]),
        ("SERVER_NAME=:443", &["SERVER_NAME: "]),
        (
            "SERVER_NAME=hub.example.com, intranet",
            &["SERVER_NAME: ", ":80", "--tls-cert"],
        ),
        (
            "SERVER_NAME=hub.example.com\nGLOBAL_OPTIONS=auto_https off",
            &["GLOBAL_OPTIONS: ", "--tls-cert"],
        ),
        (
            "SERVER_NAME=:80, :81",
            &["SERVER_NAME: ", "the ports 80 and 81"],
        ),
        ("SERVER_NAME=http://a/b", &["SERVER_NAME: "]),
        (
            "CADDY_SERVER_EXTRA_DIRECTIVES=basic_auth",
            &["CADDY_SERVER_EXTRA_DIRECTIVES: ", "proxy"],
        ),
        (
            "GLOBAL_OPTIONS=storage x",
            &["GLOBAL_OPTIONS: ", "storage", "proxy"],
        ),
    ] {
        refused(
            &format!("MERCURE_PUBLISHER_JWT_KEY=SECRET\n{name}"),
            expected,
        );
    }
    refused("JWT_KEY=@hush", &["JWT_KEY: ", "@FILE"]);
}

#[test]
fn transports() {
    let server = "JWT_KEY=k\n";
    let caddy = "MERCURE_PUBLISHER_JWT_KEY=k\n";
    let block = "transport bolt {\\n path /data/mercure.db\\n size 7\\n cleanup_frequency 0.3\\n}";
    for (world, variables, expected) in [
        (
            server,
            "TRANSPORT_URL=bolt:///data/updates.db?size=1000&cleanup_frequency=0.5",
            &[
                "history = \"redb:/data/updates.redb\" # TRANSPORT_URL",
                "history_size = 1000 # TRANSPORT_URL",
                "~TRANSPORT_URL has cleanup_frequency, which is not needed",
                "~TRANSPORT_URL names /data/updates.db, whose content is not read",
            ][..],
        ),
        (
            server,
            "TRANSPORT_URL=bolt://",
            &["history = \"redb:updates.redb\" # TRANSPORT_URL"],
        ),
        (
            server,
            "DB_PATH=/data/x.db",
            &["history = \"redb:/data/x.redb\" # DB_PATH"],
        ),
        (
            server,
            "TRANSPORT_URL=null://",
            &["history = \"memory\" # TRANSPORT_URL"],
        ),
        (
            server,
            "TRANSPORT_URL=bolt://x.db?size=0",
            &["~TRANSPORT_URL is 0, which kept all updates"],
        ),
        (
            caddy,
            "MERCURE_TRANSPORT_URL=local://local",
            &["history = \"memory\" # MERCURE_TRANSPORT_URL"],
        ),
        (
            caddy,
            &format!("MERCURE_TRANSPORT_URL=local://local\nMERCURE_EXTRA_DIRECTIVES={block}"),
            &[
                "history = \"redb:/data/mercure.redb\" # MERCURE_EXTRA_DIRECTIVES, line 1: transport",
                "history_size = 7 # MERCURE_EXTRA_DIRECTIVES, line 1: transport",
            ],
        ),
        (
            caddy,
            "X=y",
            &["!redb", "~MERCURE_TRANSPORT_URL is not there"],
        ),
    ] {
        check(&format!("{world}{variables}"), &[], expected);
        // What is written for this hub covers it.
        let variables = format!("{world}{variables}");
        check(
            &variables,
            &[("history", "memory")],
            &["!redb", "!history = \"memory\" # M"],
        );
    }
}
