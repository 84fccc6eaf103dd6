//! What a run and its workers say to each other: each message is its length in four bytes, and then itself in the postcard format.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

use assay_client::{BearerToken, Dialect, Endpoint, EndpointOptions, HubUrl, TlsOptions};
use http::HeaderValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::malformed;
use crate::crowd::{CrowdPart, Failure};
use crate::hub_process::HubGauge;
use crate::target::{SubscriberTokens, Target};

/// A message is no longer: room for the tokens of a million subscribers.
const MESSAGE_BYTES_MAX: u32 = 1 << 30;

/// What a worker is to do.
///
/// No `Debug`: it holds tokens and the user's headers.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    /// The scenario, filled in, as a file.
    pub(super) scenario_toml: String,
    pub(super) seed: u64,
    pub(super) run_id: u64,
    /// How many subscribers and updates the plan has: a worker that comes to others is another program.
    pub(super) subscribers: u64,
    pub(super) updates: u64,
    /// See [`crate::crowd::Part::Shard`].
    pub(super) number: u32,
    pub(super) of: u32,
    pub(super) hub: SocketAddr,
    pub(super) address: Address,
}

/// A [`Target`], as far as a crowd needs it.
#[derive(Serialize, Deserialize)]
pub(super) struct Address {
    url: String,
    connect_to: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    cacert_pem: Option<Vec<u8>>,
    insecure: bool,
    dialect: String,
    tokens: Tokens,
}

#[derive(Serialize, Deserialize)]
enum Tokens {
    Anonymous,
    Shared(String),
    Each(Vec<String>),
}

/// After its order, what a worker hears.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Call {
    /// The run begins: its epoch on this machine's monotonic clock, in nanoseconds.
    Begin { epoch_ns: i64 },
    /// No more is to be read.
    Stop,
}

/// What a worker tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum News {
    /// It has its plan.
    Ready,
    /// It cannot do what was ordered.
    Refused(String),
    /// How far it has come.
    Live(Box<Told>),
    /// What some of its subscribers saw.
    Saw(CrowdPart),
    /// It has told all of them.
    Ended,
}

/// The counters of a worker, and what of them by topic and update has changed since it told them last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) connecting: u64,
    pub(crate) connected: u64,
    pub(crate) confirmed: u64,
    pub(crate) gave_up: u64,
    pub(crate) dropped_streams: u64,
    pub(crate) receipts: u64,
    pub(crate) corrupt: u64,
    pub(crate) foreign: u64,
    /// By topic.
    pub(crate) confirmed_of: Vec<(u32, u64)>,
    /// By update: how often it came, and R − I of the slowest.
    pub(crate) arrivals: Vec<(u32, u32, u32)>,
    pub(crate) last_failure: Option<Failure>,
    /// The busiest thread of the last second, and its share of it.
    pub(crate) busiest_thread: Option<(String, f64)>,
}

impl Address {
    pub(super) fn of(target: &Target) -> Self {
        let options = target.endpoint.options();
        let tokens = match &target.subscriber_tokens {
            SubscriberTokens::Anonymous => Tokens::Anonymous,
            SubscriberTokens::Shared(token) => Tokens::Shared(token.expose().to_owned()),
            SubscriberTokens::Each(tokens) => Tokens::Each(
                tokens
                    .iter()
                    .map(|token| token.expose().to_owned())
                    .collect(),
            ),
        };
        let headers = options.headers.iter();
        Self {
            url: options.url.to_string(),
            connect_to: options.connect_to.as_ref().map(ToString::to_string),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
            cacert_pem: options.tls.cacert_pem.clone(),
            insecure: options.tls.insecure,
            dialect: target.dialect.to_string(),
            tokens,
        }
    }
}

impl Address {
    /// The target that was meant.
    ///
    /// # Errors
    /// The sender's program is another one, or this machine has no certificate authorities (any more).
    pub(super) fn into_target(self) -> Result<Target, Box<dyn Error + Send + Sync>> {
        let mut options = EndpointOptions::for_url(self.url.parse::<HubUrl>()?);
        options.connect_to = self.connect_to.map(|address| address.parse()).transpose()?;
        for (name, value) in self.headers {
            let mut value = HeaderValue::from_bytes(&value)?;
            value.set_sensitive(true);
            options.headers.push((name.parse()?, value));
        }
        options.tls = TlsOptions {
            cacert_pem: self.cacert_pem,
            insecure: self.insecure,
        };
        let subscriber_tokens = match self.tokens {
            Tokens::Anonymous => SubscriberTokens::Anonymous,
            Tokens::Shared(token) => SubscriberTokens::Shared(BearerToken::new(&token)?),
            Tokens::Each(tokens) => SubscriberTokens::Each(
                tokens
                    .iter()
                    .map(|token| BearerToken::new(token))
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Target {
            endpoint: Endpoint::new(options)?,
            dialect: self.dialect.parse::<Dialect>()?,
            publisher_token: None,
            subscriber_tokens,
            hub_gauge: HubGauge::default(),
        })
    }
}

/// Writes a message.
///
/// # Errors
/// The reader is gone, or the message is longer than any may be.
pub(super) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(malformed)?;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a message of more than a gigabyte",
        ));
    }
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads a message.
///
/// # Errors
/// The writer is gone, or sends what is none.
pub(super) fn receive<M: DeserializeOwned>(from: &mut impl Read) -> io::Result<M> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a message of more than a gigabyte",
        ));
    }
    let mut bytes = Vec::new();
    // Grows with what comes: a length alone takes no memory.
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&bytes).map_err(malformed)
}
