//! What is answered on the listener for operators: the numbers, and the health.

use std::time::SystemTime;

use http::{Method, Request, Response, StatusCode};

use super::Endpoints;
use super::health::{self, Probe};
use super::response_body::ResponseBody;
use crate::metrics::page::{self, Numbers};

impl Endpoints {
    /// Answers a request of the operator's tools. Nothing is logged: they ask all the time.
    pub(crate) async fn answer_operator<B>(&self, request: &Request<B>) -> Response<ResponseBody> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut response = match (request.uri().path(), is_read) {
            ("/metrics", true) => health::answer(self.numbers(), page::CONTENT_TYPE),
            (path, true) => match Probe::of_path(path) {
                Some(probe) => self.health(probe).await,
                None => empty(StatusCode::NOT_FOUND),
            },
            (_, false) => empty(StatusCode::METHOD_NOT_ALLOWED),
        };
        if request.method() == Method::HEAD {
            *response.body_mut() = ResponseBody::EMPTY;
        }
        response
    }

    fn certificate_expiry(&self) -> Option<SystemTime> {
        let certificate = self.config.tls.as_ref()?.shelf.certificate()?;
        Some(certificate.validity()?.not_after)
    }

    fn numbers(&self) -> String {
        let numbers = Numbers {
            core: self.hub.counts(),
            lanes: &self.lanes.counts(),
            metrics: &self.metrics,
            certificate_expiry: self.certificate_expiry(),
        };
        numbers.page()
    }
}

fn empty(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::EMPTY);
    *response.status_mut() = status;
    response
}
