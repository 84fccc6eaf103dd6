use super::*;
use crate::test_support::hub_url;

fn read(form: &str, dialect: Dialect) -> Result<Publication, PublicationError> {
    Publication::from_form(form.as_bytes(), dialect, &hub_url(), &Limits::DEFAULT)
}

#[test]
fn refusals_have_their_reason() {
    fn check(form: &str, v1: Option<&str>, v0: Option<&str>) {
        for (dialect, expected) in [(Dialect::V1, v1), (Dialect::V0, v0)] {
            let refused = read(form, dialect).err();
            assert_eq!(
                refused.as_ref().map(PublicationError::code),
                expected,
                "{form} in {dialect}"
            );
            if let Some(refused) = refused {
                assert_eq!(
                    refused.status_class(),
                    StatusClass::BadRequest,
                    "{form} in {dialect}"
                );
            }
        }
    }
    let both = |form: &str, code| check(form, Some(code), Some(code));
    let good = |form: &str| check(form, None, None);
    both("", "missing-topic");
    both("data=x", "missing-topic");
    both("Topic=T&topic[]=T", "missing-topic");
    both("topic=%FF", "not-utf8");
    both("topic=T&data=%FF", "not-utf8");
    both("topic=T&type=%C3%28", "not-utf8");
    both("topic=T&id=%ED%A0%80", "not-utf8");
    good("topic=T&%FF=1&unknown=%FF");
    check("topic=a%0Ab", Some("topic-character"), None);
    check(
        "topic=T&topic=U&topic=a%E2%80%8Bb",
        Some("topic-character"),
        None,
    );
    check("topic=*", Some("topic-wildcard"), None);
    check("topic=T&topic=%2A", Some("topic-wildcard"), None);
    check("topic=", Some("topic-reserved"), None);
    both("topic=T&topic=/.well-known/mercure/x", "topic-reserved");
    both("topic=T&id=%23abc", "id-invalid");
    both("topic=T&id=earliest", "id-invalid");
    for control in ["%00", "%0Adata:x", "%0D", "%1F", "%7F", "%C2%85"] {
        both(&format!("topic=T&id=a{control}b"), "id-invalid");
    }
    check("topic=T&id=a%09b", Some("id-invalid"), None);
    check("topic=T&id=a%E2%80%8Bb", Some("id-invalid"), None);
    good("topic=T&id=a%23b&type=%C3%A9");
    good("topic=T&id=Earliest");
    for control in ["%00", "%0Aid:x", "%0D"] {
        both(&format!("topic=T&type=a{control}b"), "type-character");
    }
    check("topic=T&type=a%C2%85b", Some("type-character"), None);
    check(
        "topic=T&type=%EF%BB%BFmercure",
        Some("type-character"),
        None,
    );
    both("topic=T&type=mercure", "type-reserved");
    both("topic=T&type=%6Dercure", "type-reserved");
    good("topic=T&type=Mercure");
    good("topic=T&type=+mercure");
    for retry in [
        "abc",
        "-1",
        "%2B5",
        "1.5",
        "1e3",
        "0x10",
        "+5",
        "5+",
        "5%0A",
        "1_000",
        "%EF%BC%95",
        "%D9%A5",
        "5%00",
    ] {
        both(&format!("topic=T&retry={retry}"), "retry-invalid");
    }
    for retry in ["", "0", "5", "0005", "99999999999999999999"] {
        good(&format!("topic=T&retry={retry}"));
    }
}

#[test]
fn fields_are_read() {
    let read = read(
        "topic=T1&private=off&topic=T2&data=1%0A2&data=no&id=urn:x:1&id=no&type=greeting&retry=0042&foo=bar",
        Dialect::V1,
    )
    .expect("a good form");
    assert_eq!(
        read.topics().iter().map(Topic::as_str).collect::<Vec<_>>(),
        ["T1", "T2"]
    );
    assert_eq!(read.visibility(), Visibility::Private);
    assert_eq!(read.data(), "1\n2");
    assert_eq!(read.id().map(EventId::as_str), Some("urn:x:1"));
    assert_eq!(read.event_type(), Some("greeting"));
    assert_eq!(read.retry(), Some("0042"));
}

#[test]
fn private_is_the_presence_of_the_field() {
    fn check(form: &str, expected: Visibility) {
        for dialect in [Dialect::V0, Dialect::V1] {
            assert_eq!(
                read(form, dialect).map(|read| read.visibility()),
                Ok(expected),
                "{form}"
            );
        }
    }
    for private in [
        "private",
        "private=",
        "private=off",
        "private=0",
        "private=%FF",
        "priv%61te=false",
    ] {
        check(&format!("topic=T&{private}"), Visibility::Private);
    }
    check("topic=T", Visibility::Public);
    check("topic=T&Private=on", Visibility::Public);
}

#[test]
fn what_exceeds_a_limit_is_too_large() {
    let limits = Limits {
        publish_body_bytes: 60,
        data_bytes: 3,
        topic_bytes: 3,
        topics: 2,
        event_id_bytes: 3,
        event_type_bytes: 3,
        retry_digits: 3,
        form_pairs: 6,
        ..Limits::DEFAULT
    };
    let check = |form: &str, expected: Option<&str>| {
        let refused =
            Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url(), &limits).err();
        assert_eq!(
            refused.as_ref().map(PublicationError::code),
            expected,
            "{form}"
        );
        if let Some(refused) = refused {
            assert_eq!(
                refused.status_class(),
                StatusClass::ContentTooLarge,
                "{form}"
            );
        }
    };
    check(
        "topic=abc&topic=abd&data=123&id=123&type=123&retry=123",
        None,
    );
    check("topic=abcd", Some("topic-too-long"));
    check("topic=a&topic=b&topic=c", Some("too-many-topics"));
    check("topic=a&data=1234", Some("data-too-long"));
    check("topic=a&id=1234", Some("id-too-long"));
    check("topic=a&type=1234", Some("type-too-long"));
    check("topic=a&retry=1234", Some("retry-too-long"));
    check("topic=a&b&c&d&e&f&g", Some("too-many-fields"));
    check(&"a".repeat(61), Some("body-too-long"));
}

mod generated {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for dialect in [Dialect::V0, Dialect::V1] {
                let _ = Publication::from_form(&body, dialect, &hub_url(), &Limits::DEFAULT);
            }
        }

        #[test]
        fn what_is_written_is_read(topic in "[a-z]{1,9}", data in "\\PC{0,40}", id in "[a-z:]{1,20}") {
            let form = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("topic", &format!("urn:{topic}"))
                .append_pair("data", &data)
                .append_pair("id", &format!("urn:{id}"))
                .finish();
            let read = read(&form, Dialect::V1).expect("a good form");
            prop_assert_eq!(read.data(), data);
            prop_assert_eq!(read.id().map(EventId::as_str), Some(&*format!("urn:{id}")));
        }
    }
}
