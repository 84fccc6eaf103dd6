//! The straight hub: `assay hub` as a child, or one that runs already. For each proof of the suite.

use std::env::var;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use assay_client::{Algorithm, Dialect, Endpoint, EndpointOptions, HubUrl, SigningKey};
use assay_conformance::{
    DialectChoice, HttpVersion, Limits, OptionalFeature, RoleCredential, Target,
};
use assay_crooked::{Needs, Straight};

use crate::issuers;

/// The origin that the hub allows, for reading and for publishing.
pub(crate) const ORIGIN: &str = "https://app.example";
const KEY: &str = "!ChangeThisMercureHubJWTSecretKeyOf32BytesOrMore!!!";

/// A hub that keeps all rules; dropping it ends it, if it is our child.
pub(crate) struct StraightHub {
    pub(crate) url: String,
    pub(crate) dialect: Dialect,
    pub(crate) needs: Needs,
    key: String,
    child: Option<Child>,
    /// What it read when it started.
    _settings: Option<tempfile::NamedTempFile>,
}

impl StraightHub {
    /// Starts a hub of that configuration, or takes the one that the environment names.
    pub(crate) fn start(dialect: Dialect, needs: Needs) -> Self {
        let version = if dialect == Dialect::V1 { "V1" } else { "V0" };
        let kind = match needs {
            Needs::Anything => "",
            Needs::NoAnonymous => "_STRICT",
            Needs::ShortLifetime => "_SHORT_LIFETIME",
            Needs::SmallHistory => "_SMALL_HISTORY",
            Needs::CustomPath => "_CUSTOM_PATH",
            Needs::FewStreamsPerAddress => "_FEW_STREAMS_PER_ADDRESS",
            Needs::FewStreams => "_FEW_STREAMS",
            Needs::Issuers => "_ISSUERS",
        };
        if let Ok(url) = var(format!("ASSAY_STRAIGHT_HUB_{version}{kind}_URL")) {
            let key = var("ASSAY_STRAIGHT_HUB_KEY").unwrap_or_else(|_| KEY.to_owned());
            return Self {
                url,
                dialect,
                needs,
                key,
                child: None,
                _settings: None,
            };
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(["hub", "--listen", "127.0.0.1:0", "--exit-with-parent"]);
        command.args(["--cors-origin", ORIGIN, "--publish-origin", ORIGIN]);
        if needs != Needs::NoAnonymous {
            command.arg("--anonymous");
        }
        // The others have none, so that what needs them is seen to be unsupported there.
        if matches!(needs, Needs::Anything | Needs::CustomPath | Needs::Issuers) {
            command.arg("--subscriptions");
        }
        let mut settings = None;
        if needs == Needs::Issuers {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(issuers::settings().as_bytes()).unwrap();
            // A secret that can be guessed stops a hub of 1.0 alone.
            command
                .args(["--dialects", "1.0,0.x", "--config"])
                .arg(file.path());
            settings = Some(file);
        } else {
            command.args(["--dialects", dialect.as_str()]);
        }
        let Limits {
            lifetime_s,
            history_updates,
            keep_alive_s,
            streams_per_address,
            streams,
        } = limits(needs);
        if let Some(lifetime_s) = lifetime_s {
            command.arg(format!("--max-lifetime={lifetime_s}s"));
        }
        if let Some(silence_s) = keep_alive_s {
            command.arg(format!("--heartbeat={silence_s}s"));
        }
        if let Some(streams) = streams_per_address {
            command.arg(format!("--max-per-address={streams}"));
        }
        if let Some(streams) = streams {
            command.arg(format!("--max-subscribers={streams}"));
        }
        if needs == Needs::CustomPath {
            command.arg("--path=/realtime/hub");
        }
        // Hundreds of suites come and go, and each coming and going is an event: none shall push out what another replays.
        let updates = history_updates.unwrap_or(1_000_000);
        command.arg(format!("--history-size={updates}"));
        command
            .env("ASSAY_HUB_JWT_KEY", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        assert!(!url.trim().is_empty(), "assay hub did not start");
        Self {
            url: url.trim().to_owned(),
            dialect,
            needs,
            key: KEY.to_owned(),
            child: Some(child),
            _settings: settings,
        }
    }

    /// Whether its configuration is the one that is written here.
    pub(crate) fn is_ours(&self) -> bool {
        self.child.is_some()
    }

    /// As a crooked hub has to know it.
    pub(crate) fn described(&self) -> Straight {
        Straight {
            url: self.url.clone(),
            secret: self.key.clone(),
            issuer: "https://localhost".to_owned(),
            publish_origin: ORIGIN.to_owned(),
            issuers: if self.needs == Needs::Issuers {
                issuers::secrets()
            } else {
                Vec::new()
            },
        }
    }
}

/// What such a hub is limited to.
fn limits(needs: Needs) -> Limits {
    Limits {
        lifetime_s: (needs == Needs::ShortLifetime).then_some(2),
        history_updates: (needs == Needs::SmallHistory).then_some(20),
        // The other hubs are there for what they are limited in.
        keep_alive_s: (needs == Needs::Anything).then_some(2),
        streams_per_address: (needs == Needs::FewStreamsPerAddress).then_some(12),
        streams: (needs == Needs::FewStreams).then_some(12),
    }
}

/// The hub at that URL, whose verifier is the straight one's, as a run has to know it.
pub(crate) fn target(straight: &Straight, url: &str, dialect: Dialect, needs: Needs) -> Target {
    let key = SigningKey::from_secret(Algorithm::Hs256, straight.secret.as_bytes()).unwrap();
    let hub: HubUrl = url.parse().unwrap();
    Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(hub)).unwrap(),
        http: HttpVersion::Http1,
        dialects: vec![DialectChoice {
            dialect,
            evidence: "asked for by the test".to_owned(),
        }],
        publisher: RoleCredential::Key(key.clone()),
        subscriber: RoleCredential::Key(key),
        issuer: straight.issuer.clone(),
        audience: url.to_owned(),
        allowed_origin: Some(ORIGIN.to_owned()),
        foreign_origin: "https://evil.example".to_owned(),
        publish_origin: Some(ORIGIN.to_owned()),
        cookie_name: None,
        // A crooked hub has it not, which is what its mutant is judged for. // subscribe.http2
        claimed: vec![OptionalFeature::H2c],
        limits: limits(needs),
        further_issuers: if needs == Needs::Issuers {
            issuers::known()
        } else {
            Vec::new()
        },
        variants: Vec::new(),
    }
}

impl Drop for StraightHub {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It ended already if these fail.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
