//! The body of a request, as the endpoints read it: from a connection of ours, or from whatever an application has read it.

use std::error::Error;

use bytes::Bytes;
use http_body::Body;

/// A body of bytes.
pub(crate) trait RequestBody:
    Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>
{
}

impl<B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>> RequestBody for B {}
