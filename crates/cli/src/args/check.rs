//! `assay check`.

use std::num::NonZero;
use std::path::PathBuf;

use assay_conformance::{HttpVersion, Limits, OptionalFeature};
use clap::{Args, ValueEnum};

use super::target::{ConnectionArgs, CredentialArgs};

/// Does a hub keep the protocol?
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay check                                            the built-in reference hub, both dialects, all variants
  assay check https://example.com/.well-known/mercure --jwt-key @key --allowed-origin https://example.com
  assay check URL --jwt-key @key --only token/ --level must
  assay check --target hub.toml                          a hub and its variants, which it starts and stops
  assay check URL --jwt-key @key --baseline known.toml   a gate for CI: what the file lists breaks nothing
  assay check --migrate samples.toml                     what of a site survives the move from 0.x to 1.0
  assay explain token/aud-mismatch                       what a check does, and why")]
pub(crate) struct CheckArgs {
    /// The hub's URL [default: the reference hub and its variants, started for this run]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Report what of a site survives the move from 0.x to 1.0: a file of samples in TOML (repeat)
    #[arg(long, value_name = "PATH", conflicts_with_all = ["only", "area", "level", "list", "baseline", "bless", "fail_on", "force", "shuffle", "jobs", "variant"])]
    pub(crate) migrate: Vec<PathBuf>,
    /// Go on although the preflight failed
    #[arg(long)]
    pub(crate) force: bool,
    /// Version of HTTP to speak: 1.1, or 2 (over TLS by ALPN, else by prior knowledge)
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = HttpArg::Http1, hide_possible_values = true)]
    pub(crate) http: HttpArg,
    /// Folder of the results [default: reports/check-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Order of the checks [default: random, and reported]
    #[arg(long, value_name = "SEED")]
    pub(crate) shuffle: Option<u64>,
    /// Checks at the same time
    #[arg(long, value_name = "N", default_value_t = NonZero::new(assay_conformance::DEFAULT_LANES).unwrap_or(NonZero::<usize>::MIN))]
    pub(crate) jobs: NonZero<usize>,
    /// The run document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) description: DescriptionArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// The hub and its variants, described by a file.
#[derive(Args, Debug)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// A file that describes the hub and its variants, or the name of one that comes with Assay
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "url")]
    pub(crate) target: Option<PathBuf>,
    /// The program that {hub} in the target stands for [default: this one, for `reference`]
    #[arg(long, value_name = "PATH", requires = "target")]
    pub(crate) hub_binary: Option<PathBuf>,
    /// Judge this variant of the target by all checks, and nothing else
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub(crate) variant: Option<String>,
}

/// The hub at a URL, as its operator knows it; a target file has a field for each of these.
#[derive(Args, Debug)]
#[command(next_help_heading = "Description of the hub at URL")]
pub(crate) struct DescriptionArgs {
    /// An origin that the hub's CORS configuration allows
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allowed_origin: Option<String>,
    /// An origin that it does not allow [default: https://foreign.example]
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) foreign_origin: Option<String>,
    /// An origin that may publish by cookie
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) publish_origin: Option<String>,
    /// Name of the token cookie [default: the draft's]
    #[arg(long, value_name = "NAME")]
    pub(crate) cookie_name: Option<String>,
    /// What it is said to have, such as history,cookie: what is claimed and does not work is a failure
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    pub(crate) claims: Vec<OptionalFeature>,
    /// How it is limited, such as lifetime_s=2,streams=12
    #[arg(long, value_name = "NAME=N,…", value_parser = limits)]
    pub(crate) limits: Option<Limits>,
}

/// `NAME=N,NAME=N`: the same names as in a target file.
fn limits(typed: &str) -> Result<Limits, String> {
    toml::from_str(&typed.replace(',', "\n")).map_err(|error| error.message().to_owned())
}

/// Which checks.
#[derive(Args, Debug)]
#[command(next_help_heading = "Choice")]
pub(crate) struct ChoiceArgs {
    /// Only checks or requirements whose id begins so (repeat)
    #[arg(long, value_name = "ID")]
    pub(crate) only: Vec<String>,
    /// Only the checks of this area, such as cors (repeat)
    #[arg(long, value_name = "AREA")]
    pub(crate) area: Vec<String>,
    /// Only requirements of this level or a stricter one: must, should or may
    #[arg(long, value_enum, default_value_t = LevelArg::May, hide_possible_values = true)]
    pub(crate) level: LevelArg,
    /// The chosen checks and what they judge, instead of a run
    #[arg(long, conflicts_with_all = ["baseline", "json", "out"])]
    pub(crate) list: bool,
}

/// What fails the command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Gate")]
pub(crate) struct GateArgs {
    /// From which level on a broken requirement is exit code 1: must or should
    #[arg(long, value_enum, default_value_t = FailOn::Must, hide_possible_values = true)]
    pub(crate) fail_on: FailOn,
    /// Known failures, TOML: only what is news to it is exit code 1
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is broken now into the baseline
    #[arg(long, requires = "baseline", conflicts_with_all = ["only", "area", "level"])]
    pub(crate) bless: bool,
}

/// The version of HTTP as typed.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpArg {
    /// HTTP/1.1
    #[value(name = "1.1")]
    Http1,
    /// HTTP/2
    #[value(name = "2")]
    Http2,
}

impl From<HttpArg> for HttpVersion {
    fn from(typed: HttpArg) -> Self {
        match typed {
            HttpArg::Http1 => Self::Http1,
            HttpArg::Http2 => Self::Http2,
        }
    }
}

/// Level from which on a broken requirement fails the command.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// MUST and MUST NOT
    Must,
    /// SHOULD and SHOULD NOT too
    Should,
}

/// The least strict level that is looked at.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LevelArg {
    /// MUST and MUST NOT
    Must,
    /// SHOULD and SHOULD NOT too
    Should,
    /// Everything
    May,
}
