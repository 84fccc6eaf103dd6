//! Sections 6.1 to 6.3: how a token is presented, and which one counts when there are several.

use assay_client::{Dialect, TopicMatcher};

use super::authorization::{publication, refused};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Findings, Need, Section, Shape},
    lab::Lab,
    request::{Credential, Proof, Purpose, Request},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries, Fate},
        sandwich::Sandwich,
    },
    stop::Stop,
    token::Token,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Authorization,
};
const COOKIE: Section = Section {
    dialect: Dialect::V0,
    area: Area::Cookie,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/presenting/header", |lab| Box::pin(header(lab)))
            .judges("auth.header", AcceptSet::fact(WORKS)),
        SECTION
            .refusal(
                "0.x/presenting/header-used",
                Sandwich::new(publication, bad_header()).or(bad_header_beside_cookie()),
            )
            .judges("auth.header-used", refused()),
        COOKIE
            .allowance(
                "0.x/presenting/cookie",
                Accepted::new(private_subscription, by_cookie()),
            )
            .judges("auth.cookie", AcceptSet::fact(WORKS)),
        SECTION
            .allowance(
                "0.x/presenting/query",
                Accepted::new(private_subscription, by_query()),
            )
            .also(Shape::Accepted(Accepted::new(publication, by_query())))
            .judges("auth.query", AcceptSet::fact(WORKS))
            .needs(Need::QueryToken),
        header_over_query(),
        SECTION
            .refusal(
                "0.x/presenting/header-over-cookie",
                Sandwich::new(private_subscription, bad_header_good_cookie()),
            )
            .also(Shape::Deliveries(weaker(
                "a header that grants nothing, a cookie that grants the topic",
                |lab| {
                    Ok(vec![
                        Credential::Bearer(lab.subscriber(&[])?),
                        cookie(lab, granting(lab)?),
                    ])
                },
            )))
            .judges(
                "auth.header-over-cookie",
                refused().or_pass(Outcome::Fact(AS_DUE)),
            )
            .needs(Need::Cookie),
        SECTION
            .refusal(
                "0.x/presenting/query-over-cookie",
                Sandwich::new(private_subscription, bad_query_good_cookie()),
            )
            .also(Shape::Deliveries(weaker(
                "a query token that grants nothing, a cookie that grants the topic",
                |lab| {
                    Ok(vec![
                        query(lab.subscriber(&[])?),
                        cookie(lab, granting(lab)?),
                    ])
                },
            )))
            .judges(
                "auth.query-over-cookie",
                refused().or_pass(Outcome::Fact(AS_DUE)),
            )
            .needs(Need::QueryToken)
            .needs(Need::Cookie),
        SECTION
            .probe("0.x/presenting/query-cache", |lab| {
                Box::pin(query_cache(lab))
            })
            .judges(
                "auth.query-cache-private",
                AcceptSet::pass(Outcome::Header("cache-control", "private".to_owned()))
                    .or_pass(Outcome::Header("cache-control", "no-store".to_owned())),
            )
            .needs(Need::QueryToken),
    ]
}

fn private_subscription(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.subscribe_private(&lab.topic("a"))
}

fn granting(lab: &Lab<'_>) -> Result<Token, Stop> {
    lab.subscriber(&[TopicMatcher::Exact(lab.topic("a"))])
}

fn garbage() -> Token {
    Token::Text("x".repeat(60))
}

fn cookie(lab: &Lab<'_>, token: Token) -> Credential {
    Credential::Cookie(lab.cookie_name().to_owned(), token)
}

fn query(token: Token) -> Credential {
    Credential::Query("authorization", token)
}

// Where the hub lets it be, no control presents its token by a header, lest a hub that ignores it look like one that is not measurable.
async fn header(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.opened(&lab.subscribe(&topic)?).await?;
    let data = lab.marker();
    let answer = lab.ask(&lab.publish(&topic, &data)?).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Findings::answer(answer));
    }
    stream.until(&data).await?;
    let request = lab.subscribe_private(&topic)?;
    let mut private = lab.opened(&request).await?;
    Ok(match private.fence(&topic, Proof::Private).await {
        Ok(_) => Findings::fact(WORKS),
        Err(Stop::Control(reason)) => Findings::other(reason),
        Err(stop) => return Err(stop),
    })
}

fn bad_header() -> Change {
    Change::new("the header holds no token", |request, _| {
        request.credentials = vec![Credential::Bearer(garbage())];
        Ok(())
    })
}

fn bad_header_beside_cookie() -> Change {
    Change::new(
        "the header holds no token, though a cookie from an allowed origin holds the right one",
        |request, lab| {
            let right = lab.publisher(&[TopicMatcher::Any])?;
            request.credentials = vec![Credential::Bearer(garbage()), cookie(lab, right)];
            if let Some(origin) = &lab.hub().target.publish_origin {
                request.set_header("Origin", origin);
            }
            Ok(())
        },
    )
}

fn by_cookie() -> Change {
    Change::new("the token is in the cookie", |request, lab| {
        let token = granting(lab)?;
        request.credentials = vec![cookie(lab, token)];
        Ok(())
    })
}

fn by_query() -> Change {
    Change::new("the token is in the query", |request, _| {
        let tokens = request
            .credentials
            .iter()
            .map(|credential| credential.token().clone());
        request.credentials = tokens.map(query).collect();
        Ok(())
    })
}

fn header_over_query() -> Check {
    // The query token is garbage in the good request: it must be ignored.
    let good = |lab: &Lab<'_>| -> Result<Request, Stop> {
        let mut request = publication(lab)?;
        request.credentials.push(query(garbage()));
        Ok(request)
    };
    let weaker = Change::new(
        "the header grants another topic and the query all of them",
        |request, lab| {
            let other = lab.publisher(&[TopicMatcher::Exact(lab.topic("other"))])?;
            request.credentials = vec![
                Credential::Bearer(other),
                query(lab.publisher(&[TopicMatcher::Any])?),
            ];
            Ok(())
        },
    );
    let garbled = Change::new(
        "the header holds no token and the query the right one",
        |request, lab| {
            request.credentials = vec![
                Credential::Bearer(garbage()),
                query(lab.publisher(&[TopicMatcher::Any])?),
            ];
            Ok(())
        },
    );
    let ignored = Change::new("the query holds no token", |request, _| {
        request.credentials.push(query(garbage()));
        Ok(())
    });
    SECTION
        .allowance(
            "0.x/presenting/header-over-query",
            Accepted::new(publication, ignored),
        )
        .also(Shape::Sandwich(Sandwich::new(good, weaker).or(garbled)))
        .judges(
            "auth.header-over-query",
            refused().or_pass(Outcome::Fact(WORKS)),
        )
        .needs(Need::QueryToken)
}

fn bad_header_good_cookie() -> Change {
    Change::new(
        "the header holds no token and the cookie the right one",
        |request, lab| {
            request.credentials = vec![Credential::Bearer(garbage()), cookie(lab, granting(lab)?)];
            Ok(())
        },
    )
}

fn bad_query_good_cookie() -> Change {
    Change::new(
        "the query holds no token and the cookie the right one",
        |request, lab| {
            request.credentials = vec![query(garbage()), cookie(lab, granting(lab)?)];
            Ok(())
        },
    )
}

// A private update that only the token of lower precedence grants must not come.
fn weaker(
    says: &'static str,
    credentials: fn(&Lab<'_>) -> Result<Vec<Credential>, Stop>,
) -> Deliveries {
    Deliveries::new(
        says,
        move |lab| {
            let mut request = lab.subscribe(&lab.topic("a"))?;
            request.credentials = credentials(lab)?;
            Ok(request)
        },
        |lab| {
            let mut update = lab.publish(&lab.topic("a"), "")?;
            update.set_field("private", "on");
            Ok(vec![(Fate::Hidden, update)])
        },
    )
}

async fn query_cache(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut request = private_subscription(lab)?;
    request.credentials = vec![query(granting(lab)?)];
    request.purpose = Purpose::Subscribe {
        topic: lab.topic("a"),
        proof: Proof::Private,
    };
    let stream = lab.subscribed(&request).await?;
    Ok(Findings::answer(stream.head().clone()))
}
