//! The connections that streams share: opened by the first of them, and anew when one has broken.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Thread;
use super::stamped_io::StampedIo;
use super::stream::failure;
use crate::crowd::failure::Failure;
use crate::crowd::limits;
use crate::crowd::wire::Stamping;
use crate::plan::{Http, Reads};
use crate::platform;

/// What a hub may send ahead on all streams of a connection together.
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;
/// What it may send ahead on one: an event of the largest size.
const STREAM_WINDOW_BYTES: u32 = limits::EVENT_BYTES_MAX as u32;

/// All connections of a thread, by their number.
#[derive(Default)]
pub(super) struct Connections(RefCell<HashMap<u32, Rc<OnceCell<Rc<Connection>>>>>);

/// A connection that streams can be opened on.
pub(super) struct Connection {
    number: u32,
    sender: SendRequest<Bytes>,
    stamp_ns: Rc<Cell<Option<u64>>>,
}

impl Connection {
    pub(super) fn sender(&self) -> SendRequest<Bytes> {
        self.sender.clone()
    }

    /// When the kernel had the bytes that were read last, nanoseconds of the wall clock; none where it does not tell.
    pub(super) fn stamp_ns(&self) -> Option<u64> {
        self.stamp_ns.get()
    }
}

impl Connections {
    /// The connection of a place: the one that is there, or a new one.
    pub(super) async fn get(&self, thread: &Thread, place: u32) -> Result<Rc<Connection>, Failure> {
        let planned = thread.planned(place);
        let number = match planned.http {
            Http::Two {
                streams_per_connection,
            } if !planned.probe => place / streams_per_connection.max(1),
            Http::One | Http::Two { .. } => place,
        };
        let cell = Rc::clone(self.0.borrow_mut().entry(number).or_default());
        let connected = cell.get_or_try_init(|| connect(thread, place, number));
        connected.await.cloned()
    }

    /// The next stream gets a new one.
    pub(super) fn forget(&self, connection: &Rc<Connection>) {
        let mut connections = self.0.borrow_mut();
        let current = connections.get(&connection.number);
        let is_current = current
            .and_then(|cell| cell.get())
            .is_some_and(|current| Rc::ptr_eq(current, connection));
        if is_current {
            connections.remove(&connection.number);
        }
    }
}

async fn connect(thread: &Thread, place: u32, number: u32) -> Result<Rc<Connection>, Failure> {
    timeout(limits::CONNECT_TIMEOUT, async {
        let index = thread.with(place, |subscriber, _| subscriber.index);
        let dialer = &thread.shared.dialer;
        let socket = dialer.connect(index, Reads::All)?;
        let socket = TcpStream::from_std(socket)?;
        socket.writable().await?;
        if let Some(error) = socket.take_error()? {
            return Err(error.into());
        }
        if thread.stamping == Stamping::Kernel {
            // Where the kernel does not stamp, the receipts come without K, and the report says so.
            let _ = platform::enable_kernel_stamps(&socket);
        }
        let stamp_ns = Rc::default();
        let io = StampedIo::new(socket, thread.stamping, Rc::clone(&stamp_ns));
        let sender = match dialer.tls() {
            None => begin(io).await?,
            Some((config, name)) => {
                let mut config = (**config).clone();
                config.alpn_protocols = vec![b"h2".to_vec()];
                let connector = TlsConnector::from(Arc::new(config));
                let tls = connector.connect(name.clone(), io).await;
                let tls = tls.map_err(|error| Failure::Tls(error.to_string()))?;
                if tls.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(Failure::Tls("the hub does not offer HTTP/2".to_owned()));
                }
                begin(tls).await?
            }
        };
        Ok(Rc::new(Connection {
            number,
            sender,
            stamp_ns,
        }))
    })
    .await
    .unwrap_or(Err(Failure::ConnectTimeout))
}

/// Shakes hands, and leaves the connection to a task of its own.
async fn begin<T>(io: T) -> Result<SendRequest<Bytes>, Failure>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = client::Builder::new()
        .enable_push(false)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_window_size(STREAM_WINDOW_BYTES)
        .max_header_list_size(limits::HEAD_BYTES_MAX as u32)
        .handshake(io)
        .await
        .map_err(|error| failure(&error))?;
    tokio::task::spawn_local(async move {
        // Its streams are told of what becomes of it.
        let _ = connection.await;
    });
    Ok(sender)
}
