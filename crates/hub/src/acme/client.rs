//! How a directory is asked: over HTTPS alone, for a bounded time, for answers of a bounded length.

use std::error::Error as _;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use reqwest::{Certificate, redirect};

use crate::limits::{ACME_ANSWER_BYTES, ACME_REQUEST_TIMEOUT};

/// Why there is no answer that can be used. No part of an answer is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// No answer.
    #[error("the directory does not answer: {0}")]
    Request(String),
    /// An answer that says nothing but its status.
    #[error("the answer of the directory is {0}")]
    Status(StatusCode),
    /// Too much.
    #[error("an answer of the directory is longer than {ACME_ANSWER_BYTES} bytes")]
    TooLong,
}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        // The cause says more than the error.
        let cause = std::iter::successors(error.source(), |&cause| cause.source()).last();
        Self::Request(cause.map_or_else(|| error.to_string(), ToString::to_string))
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Client(reqwest::Client);

impl Client {
    /// One that trusts the `roots`, in PEM, or those of the system.
    pub(super) fn new(roots: Option<&str>) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .https_only(true)
            // A signed request names its URL, so that it is of no use elsewhere.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(ACME_REQUEST_TIMEOUT);
        if let Some(roots) = roots {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(roots.as_bytes())?);
        }
        Ok(Self(builder.build()?))
    }

    async fn ask(self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, ClientError> {
        let (mut head, body) = request.into_parts();
        let Ok(body) = body.collect().await;
        let agent = concat!("assay-hub/", env!("CARGO_PKG_VERSION"));
        head.headers
            .insert(USER_AGENT, http::HeaderValue::from_static(agent));
        let request = Request::from_parts(head, body.to_bytes());
        let is_get = request.method() == Method::GET;
        let mut answer = self.0.execute(request.try_into()?).await?;
        let status = answer.status();
        let is_problem = answer
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|it| it.as_bytes().starts_with(b"application/problem+json"));
        // Otherwise what is no JSON, of a proxy or of a server that is down, would be all that is said.
        if !status.is_success() && (is_get || !is_problem) {
            return Err(ClientError::Status(status));
        }
        let mut content = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if content.len() + chunk.len() > ACME_ANSWER_BYTES {
                return Err(ClientError::TooLong);
            }
            content.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Full::new(Bytes::from(content)));
        *response.status_mut() = status;
        *response.headers_mut() = answer.headers().clone();
        Ok(response.into())
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let asked = self.clone().ask(request);
        Box::pin(async {
            asked
                .await
                .map_err(|it| instant_acme::Error::Other(it.into()))
        })
    }
}
