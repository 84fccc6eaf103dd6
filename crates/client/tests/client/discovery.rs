use assay_client::{
    Dialect, DiscoveryError, detect_dialect, discover, discovery::hub_links, fetch_metadata,
};

use crate::fake_hub::{Answer, FakeHub};

const METADATA: &str = r#"{"resource":"https://r","authorization_servers":["https://as"],"mercure_cookie":"c","unknown":1}"#;

fn none() -> Answer {
    Answer::full("404 Not Found", "")
}

async fn detect(script: Vec<Answer>) -> Result<(Dialect, String), String> {
    let hub = FakeHub::start(script).await;
    let detection = detect_dialect(&hub.endpoint())
        .await
        .map_err(|error| error.to_string())?;
    Ok((detection.dialect, detection.evidence))
}

#[tokio::test]
async fn the_dialect_shows() {
    let stream = || Answer::stream("", "");
    let bad = || Answer::full("400 Bad Request", "");
    let bare_401 = || Answer::full("401 Unauthorized", "");
    let challenge = || Answer::full("401 Unauthorized\r\nwww-authenticate: Bearer", "");
    for (script, dialect, evidence) in [
        (
            vec![Answer::full("200 OK", METADATA)],
            Dialect::V1,
            "publishes protected resource metadata at http://127",
        ),
        (
            vec![none(), stream()],
            Dialect::V1,
            "match= gives status 200 and an event stream",
        ),
        (
            vec![none(), challenge()],
            Dialect::V1,
            "with a Bearer challenge",
        ),
        (
            vec![none(), bare_401()],
            Dialect::V0,
            "without a Bearer challenge",
        ),
        (
            vec![none(), bad(), stream()],
            Dialect::V0,
            "topic= gives status 200 and an event stream",
        ),
        (
            vec![Answer::full("200 OK", "<html>"), bad(), stream()],
            Dialect::V0,
            "topic=",
        ),
    ] {
        let (found, reason) = detect(script).await.unwrap();
        assert_eq!(found, dialect, "{reason}");
        assert!(reason.contains(evidence), "{reason}");
    }
    let undecided = detect(vec![none(), bad(), bad()]).await.unwrap_err();
    assert!(undecided.contains("pass --dialect"), "{undecided}");
    for script in [
        vec![none(), none(), none()],
        (0..3).map(|_| Answer::full("200 OK", "{}")).collect(),
    ] {
        let error = detect(script).await.unwrap_err();
        assert!(error.contains("does not answer like a hub"), "{error}");
    }
    let unreachable = detect(vec![Answer::Close(String::new())])
        .await
        .unwrap_err();
    assert!(unreachable.contains("cannot reach"), "{unreachable}");
}

#[tokio::test]
async fn metadata_is_read_where_the_draft_says() {
    let mut hub = FakeHub::start(vec![Answer::full("200 OK", METADATA)]).await;
    let metadata = fetch_metadata(&hub.endpoint()).await.unwrap().unwrap();
    assert_eq!(
        (
            metadata.resource.as_str(),
            metadata.mercure_cookie.as_deref()
        ),
        ("https://r", Some("c"))
    );
    assert_eq!(metadata.authorization_servers, ["https://as"]);
    assert!(!metadata.is_about(hub.endpoint().hub().url()));
    assert!(metadata.is_about(&"https://r".parse().unwrap()));
    let request = hub.request().await;
    assert!(
        request.starts_with("GET /.well-known/oauth-protected-resource/hub HTTP/1.1\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_resource_names_its_hubs() {
    let fields = "200 OK\r\nlink: </books/1.jsonld>; rel=self, <https://a.example/hub>; rel=\"mercure\"; last-event-id=\"urn:1\"\r\nlink: </hub>; rel=mercure; type=t";
    let resource = FakeHub::start(vec![Answer::full(fields, "{}")]).await;
    let found = discover(&resource.endpoint()).await.unwrap();
    let hubs: Vec<_> = found.hubs.iter().map(|hub| hub.url.as_given()).collect();
    let relative = format!("http://127.0.0.1:{}/hub", resource.port);
    assert_eq!(hubs, ["https://a.example/hub", relative.as_str()]);
    assert_eq!(found.hubs[0].last_event_id.as_deref(), Some("urn:1"));
    assert_eq!(found.hubs[1].event_type.as_deref(), Some("t"));
    assert_eq!(
        found.topic,
        format!("http://127.0.0.1:{}/books/1.jsonld", resource.port)
    );

    let silent = FakeHub::start(vec![Answer::full("200 OK", "")]).await;
    assert!(matches!(
        discover(&silent.endpoint()).await,
        Err(DiscoveryError::NoHubLink(_))
    ));
    let gone = FakeHub::start(vec![none()]).await;
    assert!(matches!(
        discover(&gone.endpoint()).await,
        Err(DiscoveryError::Refused(_))
    ));
}

#[test]
fn what_is_no_hub_url_is_passed_over() {
    let base = "https://r.example/1".parse().unwrap();
    let links = hub_links(
        &base,
        ["<mailto:x@y>; rel=mercure, <https://u:p@h/>; rel=mercure, <//h/hub>; rel=mercure"],
    );
    let urls: Vec<_> = links.iter().map(|link| link.url.as_given()).collect();
    assert_eq!(urls, ["https://h/hub"]);
}
