//! From the connection flags to an endpoint: reads the files that they name, checks the rest.

use std::fs;

use anyhow::{Context, Result};
use assay_client::endpoint::parse_header;
use assay_client::{Dialect, Endpoint, EndpointOptions, HubUrl, TlsOptions};

use crate::args::target::{ConnectionArgs, DialectArg};

/// The endpoint that a URL and the connection flags describe.
///
/// # Errors
/// A URL, a header, an address or a certificate file is not usable; the message names the flag.
pub(crate) fn endpoint(url: &str, args: &ConnectionArgs) -> Result<Endpoint> {
    let mut options = EndpointOptions::for_url(hub_url(url)?);
    options.publish_url = match &args.publish_url {
        Some(url) => Some(url.parse().context("--publish-url")?),
        None => None,
    };
    options.connect_to = match &args.connect_to {
        Some(address) => Some(address.parse().context("--connect-to")?),
        None => None,
    };
    options.headers = args
        .headers
        .iter()
        .map(|header| parse_header(header).context("--header"))
        .collect::<Result<_>>()?;
    options.tls = TlsOptions {
        cacert_pem: cacert(args)?,
        insecure: args.insecure,
    };
    Ok(Endpoint::new(options)?)
}

/// The dialect that was asked for, if one was.
pub(crate) fn dialect(typed: DialectArg) -> Option<Dialect> {
    match typed {
        DialectArg::Auto => None,
        DialectArg::V1 => Some(Dialect::V1),
        DialectArg::V0 => Some(Dialect::V0),
    }
}

fn hub_url(url: &str) -> Result<HubUrl> {
    // Its errors name the URL, without what may be a secret in it.
    Ok(url.parse()?)
}

fn cacert(args: &ConnectionArgs) -> Result<Option<Vec<u8>>> {
    let Some(path) = &args.cacert else {
        return Ok(None);
    };
    let pem = fs::read(path)
        .with_context(|| format!("failed to read {} for --cacert", path.display()))?;
    Ok(Some(pem))
}
