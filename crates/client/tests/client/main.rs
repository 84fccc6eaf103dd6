//! The client through its public interface, against bytes and against a scripted server.

mod credentials;
mod discovery;
mod endpoint;
mod fake_hub;
mod keys;
mod link;
mod publisher;
mod reconnection;
mod request;
mod sse;
mod subscriber;
mod tls;
mod token;
