//! Crooked clients and their straight twins, a row a requirement. Not for how they are played: that is [`super`].

/// Name, header and claims.
pub(super) const TOKENS: &[(&str, &str, &str)] = &[
    (
        "$PUB1",
        r#"{"alg":"HS256","typ":"at+jwt","kid":"p"}"#,
        r#"{"iss":"https://a.example","exp":1600,"iat":1000,"aud":"http://hub.example/.well-known/mercure","sub":"s","client_id":"c","jti":"1","authorization_details":[{"type":"https://mercure.rocks/authorization-detail","actions":["publish"],"topics":[{"match":"https://a.example/1"}]}]}"#,
    ),
    (
        "$SUB1",
        r#"{"alg":"HS256","typ":"at+jwt","kid":"s"}"#,
        r#"{"iss":"https://a.example","exp":1600,"iat":1000,"aud":"http://hub.example/.well-known/mercure","sub":"s","client_id":"c","jti":"2","authorization_details":[{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":[{"match":"https://a.example/1"}],"payload":{"a":"b"}},{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":[{"match":"https://a.example/2"}],"payload":{}}]}"#,
    ),
    (
        "$SAMEKEY",
        r#"{"alg":"HS256","typ":"at+jwt","kid":"p"}"#,
        r#"{"iss":"https://a.example","client_id":"c","authorization_details":[{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":[{"match":"https://a.example/1"}]}]}"#,
    ),
    (
        "$BAD1",
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"iss":"host-17","exp":99999999,"iat":1000,"aud":"x","client_id":"c","sub":"jane","authorization_details":[{"type":"https://mercure.rocks/authorization-detail","actions":["Subscribe","subscribe"],"topics":[{"match":"*"}],"payload":{"who":"jane@example.com"}},{"type":"https://mercure.rocks/authorization-detail","actions":["subscribe"],"topics":["https://a.example/1"],"payload":{}}]}"#,
    ),
    (
        "$PUB0",
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"iat":1000,"exp":1600,"mercure":{"publish":["https://a.example/1"]}}"#,
    ),
    (
        "$SUB0",
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"iat":1000,"exp":1600,"mercure":{"subscribe":["https://a.example/1"]}}"#,
    ),
    ("$NONE0", r#"{"alg":"HS256"}"#, r#"{"sub":"x"}"#),
];

/// Whether these are kept only the application knows.
pub(super) const NEVER_RIGHT: &[&str] = &[
    "security.topic.no-sensitive",
    "subscriptions.payload.privacy",
];

type Case = (&'static str, &'static str, &'static str);

const GOOD_PUB1: &str = "POST H | FORM | authorization: Bearer $PUB1 || topic=https%3A%2F%2Fa.example%2F1&data=x&private=on&id=urn:x:1 => 200";
const BAD_PUB1: &str = "POST H | FORM || topic=*&topic=a+b&topic=https%3A%2F%2FA.example%2Fjane%40example.com&data=%E9&private=1 => 401";
const GOOD_SUB1: &str = "GET H?match=https%3A%2F%2Fa.example%2F1 | authorization: Bearer $SUB1 | origin: https://a.example => SSE";
const BAD_SUB1: &str = "GET H?matchURLPattern=a;b&match=https%3A%2F%2FA.example&subscriber=me | authorization: Token $BAD1 | origin: https://a.example => SSE";
const BAD_TOKEN1: &str = "GET H?match=a | cookie: mercureAuthorization=$SUB1 => SSE
    GET H?match=a&access_token=$BAD1 | sec-fetch-site: cross-site | referer: https://x/?t=$BAD1 => SSE";
const GOOD_TOKEN1: &str = "GET H?match=a | authorization: Bearer $PUB1 => SSE
    GET H?match=a | authorization: Bearer $SUB1 | origin: https://a.example | sec-fetch-site: cross-site => SSE";
const JWE: &str = "POST H | FORM || topic=urn:x:1&data=eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMjU2R0NNIn0.a.b.c.d => 200";
const GOOD_JWE: &str = "POST H | FORM || topic=urn:x:1&data=eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.a.b.c.d => 200";
const DATA: &str = "POST H | FORM || topic=urn:x:1&data=%3Chtml%3E%3C%2Fhtml%3E => 200
    POST H | FORM || topic=urn:x:1&data=%7B%22%40context%22%3A%22x%22%7D => 200";
const GOOD_DATA: &str = "POST H | FORM || topic=urn:x:1&data=%3Chtml%3E%3Clink+rel%3D%22self%22+href%3D%22%2Fa%22%3E => 200
    POST H | FORM || topic=urn:x:1&data=%7B%22%40context%22%3A%22x%22%2C%22%40id%22%3A%22%2Fa%22%7D => 200";
const LOST1: &str = "GET H?match=a | authorization: Bearer $SUB1 => SSE
    cut urn:x:2
    GET H?match=a => SSE";
const BACK1: &str = "GET H?match=a | authorization: Bearer $SUB1 => SSE
    cut urn:x:2
    GET H?match=a | authorization: Bearer $SUB1 | last-event-id: urn:x:2 => SSE";
const LOST0: &str = "GET H?topic=a => SSE
    cut urn:x:2
    GET H?topic=a => SSE";
const BACK0: &str = "GET H?topic=a => SSE
    cut urn:x:2
    GET H?topic=a | last-event-id: urn:x:2 => SSE";
const FOUND1: &str =
    "GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; last-event-id=\"urn:x:9\"
    GET H?match=a => SSE";
const FOUND_AND_PASSED1: &str =
    "GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; last-event-id=\"urn:x:9\"
    GET H?match=a&last_event_id=urn%3Ax%3A9 => SSE";
const FOUND0: &str =
    "GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; last-event-id=\"urn:x:9\"
    GET H?topic=a => SSE";
const FOUND_AND_PASSED0: &str =
    "GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; last-event-id=\"urn:x:9\"
    GET H?topic=a&lastEventID=urn%3Ax%3A9 => SSE";
const LISTED: &str = "GET /.well-known/mercure/subscriptions => 200 | link: </.well-known/mercure>; rel=\"mercure\"; last-event-id=\"urn:x:9\"
    GET H?match_urlpattern=%2F.well-known%2Fmercure%2Fsubscriptions%2F*&topic=%2F.well-known%2Fmercure%2Fsubscriptions%2F%7Bt%7D => SSE";
const LISTED_AND_PASSED: &str = "GET /.well-known/mercure/subscriptions => 200 | link: </.well-known/mercure>; rel=\"mercure\"; last-event-id=\"urn:x:9\"
    GET H?match_urlpattern=%2F.well-known%2Fmercure%2Fsubscriptions%2F*&topic=%2F.well-known%2Fmercure%2Fsubscriptions%2F%7Bt%7D | last-event-id: urn:x:9 => SSE";
const TYPES: &str =
    "GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; type=\"mercure\"
    GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; type=\"a\u{200b}\"";
const GOOD_TYPES: &str = "POST H | FORM || topic=%2Fbooks%2F1&type=t => 200
    GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; type=\"t\"";
const MIXED: &str = "POST H | FORM || topic=%2Fbooks%2F1&type=t => 200
    POST H | FORM || topic=%2Fbooks%2F1 => 200
    GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\"; type=\"t\"";
const BAD_LINKS: &str = "POST H | FORM || topic=%2Fbooks%2F1 => 200
    GET /books/1 => 200
    GET /books/1 => 200 | link: </hub>; rel=\"mercure\" | link: </other>; rel=\"self\" | link: </books/1>; rel=\"self\"";
const GOOD_LINKS: &str = "POST H | FORM || topic=%2Fbooks%2F1 => 200
    GET /books/1 => 200 | link: </.well-known/mercure>; rel=\"mercure\" | link: </books/1>; rel=\"self\"";
const BAD_COOKIE: &str = "GET /a | host: app.example => 200 | set-cookie: mercureAuthorization=$SUB0; Path=/; SameSite=None
    GET /a | host: app.example => 200 | link: <https://hub.other/.well-known/mercure>; rel=\"mercure\" | set-cookie: mercureAuthorization=$SUB0; Domain=app.example
    GET /a | host: app.example => 200 | set-cookie: mercureAuthorization=$SUB0";
const GOOD_COOKIE: &str = "GET /a | host: app.example => 200 | link: <https://hub.app.example/.well-known/mercure>; rel=\"mercure\" | set-cookie: __Secure-mercure_access_token=x; Domain=app.example; Secure; HttpOnly; SameSite=Strict; Path=/.well-known/mercure";
const BAD_PAGE: &str =
    "GET /a => 200 | content-type: text/html | link: </.well-known/mercure>; rel=\"mercure\"
    page <meta content=\"$SUB0\">";
const GOOD_PAGE: &str =
    "GET /a => 200 | content-type: text/html | link: </.well-known/mercure>; rel=\"mercure\"
    page <meta content=\"none\">";
const BAD_PUB0: &str =
    "POST H | content-type: application/json | authorization: Bearer $NONE0 || {} => 400
    POST H | FORM | authorization: Bearer $NONE0 || topic=books&data=x&private=1&id=%23a => 200";
const GOOD_PUB0: &str = "POST H | FORM | authorization: Bearer $PUB0 || topic=https%3A%2F%2Fa.example%2F1&data=x&private=on&id=urn:x:1 => 200";
const BAD_SUB0: &str = "GET H?topic=%7Bid&authorization=$NONE0;authorization=x | referer: https://x/?t=$NONE0;authorization=x => SSE
    GET H?topic=a | authorization: Token opaque => 401
    GET H?topic=a | cookie: auth=$SUB0 => SSE
    GET H?topic=a | authorization: Bearer $NONE0 => SSE
    GET H?topic=a&authorization=$SUB0 | referer: https://x/?t=$SUB0 => SSE";
const GOOD_SUB0: &str = "GET H?topic=https%3A%2F%2Fa.example%2F%7Bid%7D | authorization: Bearer $SUB0 | referer: https://x/ => SSE
    GET H?topic=* | cookie: mercureAuthorization=$SUB0 | origin: https://a.example => SSE";

pub(super) const V1: &[Case] = &[
    (
        "publish.client.form-encoding",
        "POST H | content-type: application/json || {} => 400",
        GOOD_PUB1,
    ),
    ("publish.client.utf8", BAD_PUB1, GOOD_PUB1),
    (
        "publish.client.topic-required",
        "POST H | FORM || data=x => 400",
        GOOD_PUB1,
    ),
    ("publish.topic.iri", BAD_PUB1, GOOD_PUB1),
    ("publish.client.topic-constraints", BAD_PUB1, GOOD_PUB1),
    ("match.client-normalize.publisher", BAD_PUB1, GOOD_PUB1),
    ("publish.private.value-on", BAD_PUB1, GOOD_PUB1),
    (
        "publish.id.unique",
        "POST H | FORM || topic=urn:a&id=urn:x:1 => 200
        POST H | FORM || topic=urn:a&id=urn:x:1 => 200",
        GOOD_PUB1,
    ),
    ("auth.publisher.token-required", BAD_PUB1, GOOD_PUB1),
    (
        "details.client.publish-grant",
        "POST H | FORM | authorization: Bearer $PUB1 || topic=https%3A%2F%2Fa.example%2F2 => 403",
        GOOD_PUB1,
    ),
    ("subscribe.hypermedia-self-link", DATA, GOOD_DATA),
    ("subscribe.jsonld-id", DATA, GOOD_DATA),
    ("security.topic.no-sensitive", BAD_PUB1, GOOD_PUB1),
    ("security.encryption.algorithms", JWE, GOOD_JWE),
    ("security.encryption.no-rsa1-5", JWE, GOOD_JWE),
    ("security.encryption.recommended", JWE, GOOD_JWE),
    (
        "subscribe.query-method.form-encoded",
        "QUERY H | content-type: application/json || {} => 400",
        "QUERY H | FORM || match=a => SSE",
    ),
    ("subscribe.client.canonical-suffix", BAD_SUB1, GOOD_SUB1),
    ("subscribe.client.percent-encode", BAD_SUB1, GOOD_SUB1),
    ("match.client-normalize.subscriber", BAD_SUB1, GOOD_SUB1),
    (
        "subscriptions.client.no-forged-subscriber",
        BAD_SUB1,
        GOOD_SUB1,
    ),
    (
        "private.client.token",
        "GET H?match=a | authorization: Bearer $PUB1 => SSE",
        GOOD_SUB1,
    ),
    ("replay.client.resend-id", LOST1, BACK1),
    ("auth.subscriber.token-for-private", LOST1, BACK1),
    ("replay.client.discovery-id", FOUND1, FOUND_AND_PASSED1),
    (
        "discovery.link.last-event-id-forwarded",
        FOUND1,
        FOUND_AND_PASSED1,
    ),
    ("replay.client.list-cursor", LISTED, LISTED_AND_PASSED),
    (
        "auth.client.single-mechanism",
        "GET H?match=a&access_token=$SUB1 | authorization: Bearer $SUB1 => SSE",
        GOOD_SUB1,
    ),
    ("auth.client.header-preferred", BAD_TOKEN1, GOOD_TOKEN1),
    ("auth.client.header-syntax", BAD_SUB1, GOOD_SUB1),
    ("auth.cookie.cross-site-header", BAD_TOKEN1, GOOD_TOKEN1),
    (
        "auth.cookie.name",
        BAD_TOKEN1,
        "GET H?match=a | cookie: __Secure-mercure_access_token=$SUB1 => SSE",
    ),
    ("security.token.not-in-url", BAD_TOKEN1, GOOD_TOKEN1),
    ("security.token.confidential", BAD_TOKEN1, GOOD_TOKEN1),
    ("token.jwt-profile", BAD_SUB1, GOOD_SUB1),
    ("token.required-claims", BAD_SUB1, GOOD_SUB1),
    ("token.short-lived", BAD_SUB1, GOOD_SUB1),
    (
        "token.stable-issuer",
        "GET H?match=a | authorization: Bearer $SUB1 => SSE
        GET H?match=a | authorization: Bearer $BAD1 => SSE",
        GOOD_TOKEN1,
    ),
    (
        "token.distinct-keys",
        "GET H?match=a | authorization: Bearer $PUB1 => SSE
        GET H?match=a | authorization: Bearer $SAMEKEY => SSE",
        GOOD_TOKEN1,
    ),
    ("token.client.audience", BAD_SUB1, GOOD_SUB1),
    ("details.issuer.wellformed", BAD_SUB1, GOOD_SUB1),
    ("security.registry.action-name", BAD_SUB1, GOOD_SUB1),
    ("subscriptions.payload.order", BAD_SUB1, GOOD_SUB1),
    ("subscriptions.payload.privacy", BAD_SUB1, GOOD_SUB1),
    ("subscriptions.issuer.narrow-grants", BAD_SUB1, GOOD_SUB1),
    ("discovery.publisher.advertise", BAD_LINKS, GOOD_LINKS),
    ("discovery.publisher.target-is-hub", BAD_LINKS, GOOD_LINKS),
    ("discovery.link.type-constraints", TYPES, GOOD_TYPES),
    ("discovery.link.type-not-mercure", TYPES, GOOD_TYPES),
    ("discovery.link.homogeneous", MIXED, GOOD_TYPES),
    ("discovery.self.single", BAD_LINKS, GOOD_LINKS),
    ("discovery.self.canonical", BAD_LINKS, GOOD_LINKS),
    ("auth.cookie.set-at-discovery", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie.same-site", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie.domain", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie.secure", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie.httponly", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie.samesite-strict", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie.path", BAD_COOKIE, GOOD_COOKIE),
    ("security.token.not-in-js", BAD_PAGE, GOOD_PAGE),
];

pub(super) const V0: &[Case] = &[
    ("publish.form-urlencoded", BAD_PUB0, GOOD_PUB0),
    ("publish.topic-iri", BAD_PUB0, GOOD_PUB0),
    ("publish.topic-http-uri", BAD_PUB0, GOOD_PUB0),
    ("publish.link-self-element", DATA, GOOD_DATA),
    ("publish.jsonld-id", DATA, GOOD_DATA),
    ("publish.id-no-hash", BAD_PUB0, GOOD_PUB0),
    ("publish.id-iri", BAD_PUB0, GOOD_PUB0),
    ("private.flag-value-on", BAD_PUB0, GOOD_PUB0),
    ("auth.publisher-proves-topics", BAD_PUB0, GOOD_PUB0),
    ("auth.publish-claim-mercure", BAD_PUB0, GOOD_PUB0),
    ("auth.publish-claim-key", BAD_PUB0, GOOD_PUB0),
    ("match.recommended-forms", BAD_SUB0, GOOD_SUB0),
    ("private.claim-required", BAD_SUB0, GOOD_SUB0),
    ("replay.client-sends-header", LOST0, BACK0),
    (
        "replay.client-sends-discovery-id",
        FOUND0,
        FOUND_AND_PASSED0,
    ),
    (
        "discovery.last-event-id-forwarded",
        FOUND0,
        FOUND_AND_PASSED0,
    ),
    (
        "subscriptions.client-passes-last-event-id",
        LISTED,
        LISTED_AND_PASSED,
    ),
    ("auth.jws-required", BAD_SUB0, GOOD_SUB0),
    ("auth.non-browser-header", BAD_SUB0, GOOD_SUB0),
    ("auth.header-bearer-format", BAD_SUB0, GOOD_SUB0),
    ("auth.cookie-name", BAD_SUB0, GOOD_SUB0),
    (
        "auth.query-separator",
        BAD_SUB0,
        "GET H?topic=a&authorization=$SUB0 => SSE",
    ),
    (
        "auth.query-no-store",
        BAD_SUB0,
        "GET H?topic=a&authorization=$SUB0 | cache-control: no-store => SSE",
    ),
    ("auth.query-discouraged", BAD_SUB0, GOOD_SUB0),
    ("auth.no-jws-in-url", BAD_SUB0, GOOD_SUB0),
    ("auth.jws-short-lived", BAD_SUB0, GOOD_SUB0),
    ("discovery.publisher-advertises-hub", BAD_LINKS, GOOD_LINKS),
    ("discovery.link-target-is-hub", BAD_LINKS, GOOD_LINKS),
    ("discovery.rel-self-canonical", BAD_LINKS, GOOD_LINKS),
    ("auth.cookie-set-at-discovery", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie-same-domain", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie-domain-attr", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie-secure-attr", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie-httponly-attr", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie-samesite-attr", BAD_COOKIE, GOOD_COOKIE),
    ("auth.cookie-path-attr", BAD_COOKIE, GOOD_COOKIE),
    ("auth.jws-not-in-js", BAD_PAGE, GOOD_PAGE),
];
