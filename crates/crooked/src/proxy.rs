//! The crooked hub: a reverse proxy that keeps every rule but one.
//!
//! One exchange a connection. Event streams pass as they come; only where a mutant asks about events are they cut into
//! blocks. The `Host` header passes unchanged, so that the straight hub believes to have the crooked hub's URL.

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::time::sleep;
use url::Url;

use crate::credential;
use crate::event::{Blocks, Event};
use crate::message::{Answer, Body, Request, invalid};
use crate::mutant::{Deed, Delivery, Dialect, Exchange, Fate, Mutant, Rules};
use crate::promiscuous::write_chunk;
use crate::scene::{Scene, Straight};
use crate::server::Server;
use crate::token::Token;
use crate::upstream::{Reply, Upstream};
use crate::wire::{Framing, Wire};
use crate::wrong::Wrong;

/// How a hub refuses a stream beyond its limit.
const TOO_MANY: u16 = 429;
/// Signs what the straight hub shall refuse.
const NO_KEY: &str = "a secret which is not the straight hub's";

/// A crooked hub at work; dropping it ends it and each of its streams.
pub struct Crooked {
    url: String,
    hub: Arc<Hub>,
    _server: Server,
}

impl Crooked {
    /// Stands a crooked hub before a straight one; it keeps every rule until [`Self::turn`].
    ///
    /// So a suite can find out what the hub has, and how fast it is, before the rule is broken which it shall judge.
    ///
    /// # Errors
    /// When the straight hub's URL cannot be used (`http` and a host are needed), or no port is free.
    pub async fn start(straight: &Straight, mutant: &Mutant) -> Result<Self> {
        Self::breaking(straight, mutant.dialect, mutant.rules).await
    }

    /// Stands a hub that does one thing wrongly to all before a straight one; it does so from the beginning.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn wrong(straight: &Straight, dialect: Dialect, wrong: &Wrong) -> Result<Self> {
        let crooked = Self::breaking(straight, dialect, wrong.rules).await?;
        crooked.turn();
        Ok(crooked)
    }

    async fn breaking(straight: &Straight, dialect: Dialect, rules: Rules) -> Result<Self> {
        let url = Url::parse(&straight.url).map_err(|error| invalid(&error.to_string()))?;
        let host = url
            .host_str()
            .ok_or_else(|| invalid("hub URL without host"))?;
        let authority = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
        let path = url.path().to_owned();
        let (listener, address) = Server::bind().await?;
        let own = format!("http://{address}{path}");
        let hub = Arc::new(Hub {
            upstream: Upstream {
                authority,
                path: path.clone(),
            },
            scene: Scene::new(straight, dialect, own.clone(), path),
            rules,
            turned: AtomicBool::new(false),
        });
        let served = Arc::clone(&hub);
        let server = Server::serve(listener, address, move |stream| {
            let hub = Arc::clone(&served);
            async move { hub.serve(stream).await }
        });
        Ok(Self {
            url: own,
            hub,
            _server: server,
        })
    }

    /// From now on the rule is broken; streams that are open go on as they were.
    pub fn turn(&self) {
        self.hub.turned.store(true, Ordering::SeqCst);
    }

    /// The URL of the crooked hub, its path that of the straight one.
    pub fn url(&self) -> &str {
        &self.url
    }
}

struct Hub {
    upstream: Upstream,
    scene: Scene,
    rules: Rules,
    turned: AtomicBool,
}

impl Hub {
    async fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let (reader, mut writer) = split(stream);
        let mut client = Wire::new(reader);
        let Some(head) = client.head().await? else {
            return Ok(());
        };
        let Ok(mut request) = Request::parse(&head) else {
            let answer = Answer::plain(400, "malformed request\n");
            return writer.write_all(&answer.bytes()).await;
        };
        request.body = client.whole(Framing::of_request(&request.headers)).await?;
        let turned = self.turned.load(Ordering::SeqCst);
        let rules = if turned { self.rules } else { Rules::default() };
        let visit = Visit {
            hub: self,
            rules,
            request: &request,
        };
        tokio::select! {
            served = visit.serve(&mut writer) => served,
            () = client.closed() => Ok(()),
        }
    }
}

/// One request, and the rules as they were when it came.
struct Visit<'a> {
    hub: &'a Hub,
    rules: Rules,
    request: &'a Request,
}

impl Visit<'_> {
    async fn serve(&self, writer: &mut (impl AsyncWriteExt + Unpin)) -> Result<()> {
        let mut reply = self.exchange().await?;
        if self.rules.unlimited && reply.answer.status == TOO_MANY {
            reply.answer.status = 200;
            reply.answer.body = Body::Stream;
            reply
                .answer
                .headers
                .set("Content-Type", "text/event-stream");
            writer.write_all(&reply.answer.bytes()).await?;
            // Until the client has gone, or the crooked hub.
            std::future::pending::<()>().await;
        }
        writer.write_all(&reply.answer.bytes()).await?;
        if reply.answer.is_stream() {
            self.relay(&mut reply, writer).await?;
        }
        writer.shutdown().await
    }

    async fn exchange(&self) -> Result<Reply> {
        let Hub {
            upstream, scene, ..
        } = self.hub;
        let Visit { rules, request, .. } = self;
        if let Some(before) = rules.shadow.and_then(|shadow| shadow(request, scene)) {
            upstream.send(&before, &scene.ledger).await?;
        }
        let mut reply = upstream.send(&self.crooked(), &scene.ledger).await?;
        let exchange = Exchange { request, scene };
        if let Some(again) = rules
            .retry
            .and_then(|retry| retry(&exchange, &reply.answer))
        {
            reply = upstream.send(&again, &scene.ledger).await?;
        }
        if let Some(stall) = rules.stall {
            sleep(stall(&exchange)).await;
        }
        if let Some(spoil) = rules.answer {
            spoil(&mut reply.answer, &exchange);
        }
        Ok(reply)
    }

    /// The request as the straight hub gets it.
    fn crooked(&self) -> Request {
        let mut crooked = self.request.clone();
        if let Some(rewrite) = self.rules.request {
            rewrite(&mut crooked, &self.hub.scene);
        }
        credential::rewrite(&mut crooked, |compact| self.rewrite_token(compact));
        crooked
    }

    fn rewrite_token(&self, compact: &str) -> Option<String> {
        let secret = &self.hub.scene.secret;
        let deed = Deed {
            request: self.request,
            scene: &self.hub.scene,
        };
        let before = Token::parse(compact)?;
        let mut token = before.clone();
        if self
            .rules
            .forge
            .is_some_and(|forge| forge(&mut token, &deed))
        {
            return Some(token.sign(secret));
        }
        if !before.is_signed_with(secret) {
            return None;
        }
        if self
            .rules
            .refuse
            .is_some_and(|refuse| refuse(&before, &deed))
        {
            return Some(before.sign(NO_KEY));
        }
        token = before.clone();
        self.rules.launder?(&mut token, &deed);
        (token != before).then(|| token.sign(secret))
    }

    /// Passes an event stream on until either side ends it.
    async fn relay(
        &self,
        reply: &mut Reply,
        writer: &mut (impl AsyncWriteExt + Unpin),
    ) -> Result<()> {
        if let Some(preamble) = self.rules.preamble {
            write_chunk(writer, preamble.as_bytes()).await?;
        }
        let mut diversion = Diversion {
            visit: self,
            held: None,
            index: 0,
        };
        let mut blocks = Blocks::default();
        while let Some(piece) = reply.piece().await? {
            if self.rules.event.is_none() && !self.rules.mute {
                write_chunk(writer, &piece).await?;
                continue;
            }
            let mute = self.rules.mute;
            let heard = |event: &Event| event.is_update() || !mute;
            for event in blocks.push(&piece).into_iter().filter(heard) {
                for event in diversion.next(event).await {
                    write_chunk(writer, &event.bytes()).await?;
                }
            }
        }
        write_chunk(writer, &blocks.rest()).await?;
        if self.rules.endless {
            // Until the client has gone, or the crooked hub.
            std::future::pending::<()>().await;
        }
        writer.write_all(b"0\r\n\r\n").await
    }
}

/// One stream whose events a mutant diverts.
struct Diversion<'a> {
    visit: &'a Visit<'a>,
    held: Option<Event>,
    index: usize,
}

impl Diversion<'_> {
    async fn next(&mut self, event: Event) -> Vec<Event> {
        let Some(divert) = self.visit.rules.event.filter(|_| event.is_update()) else {
            return vec![event];
        };
        let scene = &self.visit.hub.scene;
        let publication = match event.get("id") {
            Some(id) => scene.ledger.find(id).await,
            None => None,
        };
        let delivery = Delivery {
            request: self.visit.request,
            scene,
            publication,
            index: self.index,
        };
        self.index += 1;
        match divert(event, &delivery) {
            Fate::Deliver(event) => [Some(event), self.held.take()]
                .into_iter()
                .flatten()
                .collect(),
            Fate::Drop => Vec::new(),
            Fate::AfterNext(event) => self.held.replace(event).into_iter().collect(),
        }
    }
}
