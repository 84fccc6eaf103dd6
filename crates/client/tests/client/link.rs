use assay_client::link::parse_links;

#[track_caller]
fn check(field: &str, expected: &[(&str, &[(&str, &str)])]) {
    let links = parse_links(field);
    let actual: Vec<_> = links
        .iter()
        .map(|link| {
            let parameters: Vec<_> = link
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            (link.target.as_str(), parameters)
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(target, parameters)| (*target, parameters.to_vec()))
        .collect();
    assert_eq!(actual, expected, "{field}");
}

#[test]
fn links_are_read() {
    check("", &[]);
    check(
        "<https://h/m>; rel=\"mercure\"",
        &[("https://h/m", &[("rel", "mercure")])],
    );
    check(
        "<a>;rel=mercure , <b>;rel=self",
        &[("a", &[("rel", "mercure")]), ("b", &[("rel", "self")])],
    );
    check(
        "<a>; REL = \"mercure\"; last-event-id=\"urn:uuid:1, <x>; \\\"y\\\"\"; type=t",
        &[(
            "a",
            &[
                ("rel", "mercure"),
                ("last-event-id", "urn:uuid:1, <x>; \"y\""),
                ("type", "t"),
            ],
        )],
    );
    check("<a,b;c>; rel=x", &[("a,b;c", &[("rel", "x")])]);
    check("<a>", &[("a", &[])]);
    check(
        "<a>; crossorigin; rel=x",
        &[("a", &[("crossorigin", ""), ("rel", "x")])],
    );
    check(", ,<a>; rel=x,, <b>", &[("a", &[("rel", "x")]), ("b", &[])]);
    check("<a>;; rel=x;", &[("a", &[("rel", "x")])]);
    check("<a>; rel=\"x", &[("a", &[("rel", "x")])]);
    check("<a", &[]);
    check("no link", &[]);
}

#[test]
fn relations_are_words_in_any_case() {
    let link = |field| parse_links(field).remove(0);
    assert!(link("<a>; rel=\"self Mercure\"").has_relation("mercure"));
    assert!(!link("<a>; rel=\"mercures\"").has_relation("mercure"));
    assert!(
        !link("<a>; rel=x; rel=mercure").has_relation("mercure"),
        "only the first counts"
    );
    assert!(
        !link("<a>; rel=mercure; anchor=\"#b\"").has_relation("mercure"),
        "another resource's link"
    );
}
