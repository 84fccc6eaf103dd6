//! What the hub has of what a hub need not have, each found out with a canary: something that looks alike and must not work.
//! Not for judging the features.

use assay_client::{Dialect, TopicMatcher};
use assay_results::{Feature, FeatureState};

use super::{grant_all, nonsense};
use crate::{
    check,
    features::OptionalFeature,
    hub::Hub,
    lab::Lab,
    request::{Credential, Place, Proof, Request},
    row,
    stop::Stop,
    target::HttpVersion,
    token::Token,
};

/// Whether a subscription without token is accepted.
pub(super) async fn is_anonymous(hub: &Hub) -> bool {
    // Without any token at hand too, which only a hub that is taken for an anonymous one allows.
    let mut assumed = hub.clone();
    assumed.features.add(OptionalFeature::Anonymous);
    let lab = Lab::new(&assumed, "preflight");
    let Ok(request) = lab.subscribe(&lab.topic("anonymous")) else {
        return false;
    };
    matches!(lab.open(&request.anonymous()).await, Ok(Ok(_)))
}

/// Finds all features, and writes them into the hub.
pub(super) async fn run(hub: &mut Hub) -> Vec<Feature> {
    use OptionalFeature as F;
    let anonymous = Ok(hub.features.has(F::Anonymous));
    let query_token = match hub.dialect {
        Dialect::V0 => query_token(hub).await,
        Dialect::V1 => Ok(false),
    };
    let query_method = match hub.dialect {
        Dialect::V0 => Ok(false),
        Dialect::V1 => query_method(hub).await,
    };
    let found = [
        (F::Anonymous, anonymous, "a subscription without token"),
        (
            F::Cookie,
            cookie(hub).await,
            "a private update to a subscriber with the token in a cookie, and none with a spoilt one",
        ),
        (
            F::History,
            history(hub).await,
            "a subscription with the cursor `earliest` after a publication",
        ),
        (
            F::QueryToken,
            query_token,
            "a private update to a subscriber with the token in the query",
        ),
        (
            F::Subscriptions,
            subscriptions(hub).await,
            "GET of the subscription API, and of a path beside it; or an event about a subscription",
        ),
        (
            F::CustomId,
            custom_id(hub).await,
            "a publication with an id of its own",
        ),
        (
            F::QueryMethod,
            query_method,
            "a QUERY with a matcher in its body opens a stream, and a nonsense method opens none",
        ),
        (
            F::H2c,
            h2c(hub).await,
            "a subscription over HTTP/2 without TLS, by prior knowledge",
        ),
        (
            F::AuthorizationServer,
            authorization_server(hub).await,
            "`authorization_servers` in the protected resource metadata",
        ),
    ];
    let claims = |feature| {
        let possible = match feature {
            F::QueryToken => hub.dialect == Dialect::V0,
            F::QueryMethod | F::AuthorizationServer => hub.dialect == Dialect::V1,
            _ => true,
        };
        possible && hub.target.claimed.contains(&feature)
    };
    let mut features = hub.features.clone();
    let mut rows = Vec::new();
    for (feature, found, evidence) in found {
        if found == Ok(true) || (feature != F::Anonymous && claims(feature)) {
            features.add(feature);
        }
        rows.push(row_of(hub.dialect, feature, found, evidence));
    }
    hub.features = features;
    rows
}

fn row_of(
    dialect: Dialect,
    feature: OptionalFeature,
    found: Result<bool, Stop>,
    evidence: &str,
) -> Feature {
    let (state, evidence) = match found {
        Ok(true) => (FeatureState::Present, evidence.to_owned()),
        Ok(false) => (FeatureState::Absent, evidence.to_owned()),
        Err(stop) => (FeatureState::Unknown, super::text(&stop)),
    };
    Feature {
        name: feature.as_str().to_owned(),
        dialect: row::dialect(dialect),
        state,
        evidence,
    }
}

async fn cookie(hub: &Hub) -> Result<bool, Stop> {
    let name = hub.target.cookie_name(hub.dialect).to_owned();
    let lab = Lab::new(hub, "preflight");
    let right = Credential::Cookie(name.clone(), lab.subscriber(&grant_all())?);
    let spoilt = Credential::Cookie(name, Token::Text("spoilt".to_owned()));
    Ok(receives_private(&lab, right).await? && !receives_private(&lab, spoilt).await?)
}

async fn query_token(hub: &Hub) -> Result<bool, Stop> {
    let lab = Lab::new(hub, "preflight");
    let right = Credential::Query("authorization", lab.subscriber(&grant_all())?);
    receives_private(&lab, right).await
}

async fn receives_private(lab: &Lab<'_>, credential: Credential) -> Result<bool, Stop> {
    let topic = lab.topic("private");
    let request = lab.subscribe(&topic)?.with(credential);
    let Ok(mut stream) = lab.open(&request).await? else {
        return Ok(false);
    };
    match stream.fence(&topic, Proof::Private).await {
        Ok(_) => Ok(true),
        Err(Stop::Control(_)) => Ok(false),
        Err(stop) => Err(stop),
    }
}

async fn history(hub: &Hub) -> Result<bool, Stop> {
    let lab = Lab::new(hub, "preflight");
    let (topic, data) = (lab.topic("history"), lab.marker());
    lab.published(&lab.publish(&topic, &data)?).await?;
    let request = lab.entitled_to(&[&topic])?;
    // Either will do: a hub that has a history and ignores one of the two is not one without history.
    let by_query = request
        .clone()
        .param(hub.dialect.cursor_parameter(), "earliest");
    let by_header = request.header("Last-Event-ID", "earliest");
    for request in [by_query, by_header] {
        let mut stream = lab.opened(&request).await?;
        let before = stream.fence(&topic, Proof::Public).await?;
        if before
            .iter()
            .any(|event| event.data().as_ref() == Some(&data))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn subscriptions(hub: &Hub) -> Result<bool, Stop> {
    let lab = Lab::new(hub, "preflight");
    let token = lab.subscriber(&grant_all())?;
    let path = hub.target.endpoint.hub().url().as_url().path().to_owned();
    let ask = |name: &str| {
        Request::ask("GET", Place::Path(format!("{path}/{name}"))).bearer(token.clone())
    };
    let api = lab.ask(&ask("subscriptions")).await?;
    let canary = lab.ask(&ask(&nonsense())).await?;
    let has_api = api.status == 200 && api.json().is_some() && canary.status != 200;
    // One of the two will do: a hub with events and without API breaks a rule of those who have the feature.
    match check::tells_of_subscriptions(&lab).await {
        Err(Stop::Control(_)) => Ok(has_api),
        told => Ok(told? || has_api),
    }
}

async fn custom_id(hub: &Hub) -> Result<bool, Stop> {
    let lab = Lab::new(hub, "preflight");
    let id = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let token = lab.publisher(&[TopicMatcher::Any])?;
    let request = lab
        .publish(&lab.topic("id"), "x")?
        .field("id", id.clone())
        .bearer(token);
    Ok(lab.ask(&request).await?.text().trim() == id)
}

// Whether anything is delivered is for the checks.
async fn query_method(hub: &Hub) -> Result<bool, Stop> {
    let lab = Lab::new(hub, "preflight");
    let by_query = lab.subscribe(&lab.topic("query"))?.by_query_method();
    let mut nonsense = by_query.clone();
    nonsense.method = "ASSAY";
    Ok(lab.open(&by_query).await?.is_ok() && lab.open(&nonsense).await?.is_err())
}

async fn h2c(hub: &Hub) -> Result<bool, Stop> {
    if hub.target.endpoint.hub().url().is_https() {
        return Ok(false);
    }
    let lab = Lab::new(hub, "preflight");
    let request = lab.subscribe(&lab.topic("h2c"))?.over(HttpVersion::Http2);
    let answer = lab.try_ask(&request).await?;
    Ok(answer.is_ok_and(|answer| answer.is_event_stream()))
}

async fn authorization_server(hub: &Hub) -> Result<bool, Stop> {
    if hub.dialect == Dialect::V0 {
        return Ok(false);
    }
    let lab = Lab::new(hub, "preflight");
    let document = check::metadata(&lab).await?;
    Ok(document.is_some_and(|document| document.get("authorization_servers").is_some()))
}
