//! Our hub as a process: one thread for requests, one for streams, since it has one CPU.

use std::io;

use assay_hub::{HubOptions, Source, Written};

use crate::side::KEY;

/// Serves until it is killed.
pub(crate) fn serve(feature: &[String]) -> io::Result<()> {
    let set = |name, value: &str| Some(Written::new(name, Source::Flag, value));
    let (feature, files) = feature
        .split_first()
        .map_or(("", &[][..]), |(feature, files)| (feature.as_str(), files));
    let pem = |name, file: Option<&String>| -> io::Result<Option<Written>> {
        let text = file.map(std::fs::read_to_string).transpose()?;
        Ok(text.and_then(|text| set(name, &text)))
    };
    let has_tls = feature == "tls";
    let history = files.first().filter(|_| feature == "history");
    let options = HubOptions {
        listen: set("listen", "127.0.0.1:0"),
        jwt_key: set("jwt-key", KEY),
        dialects: set("dialects", "1.0,0.x"),
        stream_threads: set("stream-threads", "1"),
        tls_cert: pem("tls-cert", files.first().filter(|_| has_tls))?,
        tls_key: pem("tls-key", files.get(1))?,
        history: history.and_then(|file| set("history", &format!("redb:{file}"))),
        subscriptions: feature == "subscriptions",
        anonymous: true,
        ..HubOptions::default()
    };
    let (config, _) = options.check().map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = assay_hub::bind(config.listen())?;
        println!("{}", listener.local_addr()?);
        assay_hub::serve(listener, config, std::future::pending())
            .await
            .map_err(io::Error::other)
    })
}
