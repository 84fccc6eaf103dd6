//! Whether subscribers have what private updates call for. Not for whether the hub accepts it: it is asked in the check of the hub.

use crate::plan::Plan;
use crate::target::SubscriberTokens;

/// Subscribers without a token follow private topics: no hub may send them anything (auth.subscriber.token-for-private), and each
/// delivery would end as lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{without} of {subscribers} subscribers would show no token, but follow private topics such as {topic}: give \
     --subscriber-jwt-key (or --jwt-key, --subscriber-token, --token-command), or take `private = true` out of the scenario"
)]
pub struct Ungranted {
    /// How many follow a private topic without a token.
    pub without: u64,
    /// Of so many.
    pub subscribers: u64,
    /// One of the topics.
    pub topic: String,
}

/// Whether everyone who follows a private topic has a token to show.
pub fn check_grants(plan: &Plan, tokens: &SubscriberTokens) -> Result<(), Ungranted> {
    let private_topics = (0_u32..).zip(&plan.subscribers).filter_map(|(index, one)| {
        let topics = one.topics.iter().map(|&topic| &plan.topics[topic as usize]);
        let private = topics.into_iter().find(|topic| topic.private)?;
        tokens.of(index).is_none().then_some(private)
    });
    let mut without = 0;
    let mut example = None;
    for topic in private_topics {
        without += 1;
        example.get_or_insert(topic);
    }
    match example {
        None => Ok(()),
        Some(topic) => Err(Ungranted {
            without,
            subscribers: plan.subscribers.len() as u64,
            topic: topic.iri.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use assay_client::BearerToken;

    use super::*;
    use crate::plan::schedule;
    use crate::scenario::Scenario;

    /// Three subscribers of a private topic, two of a public one.
    fn plan() -> Plan {
        let text = "name = \"mixed\"
            [topics.open]\ntemplate = \"https://example.com/{run}/open\"
            [topics.closed]\ntemplate = \"https://example.com/{run}/closed\"\nprivate = true
            [subscribers.two]\ncount = 2\nfollow = \"open\"
            [subscribers.three]\ncount = 3\nfollow = \"closed\"
            [publishers.p]\npublish = \"open\"\nrate = \"1/s\"
            [phases]\nmeasure = \"1s\"";
        schedule(&Scenario::parse("mixed.toml", text).unwrap(), 1, 7)
    }

    #[test]
    fn anonymous_subscribers_of_private_topics_are_counted_and_told_what_to_give() {
        let plan = plan();
        let refused = check_grants(&plan, &SubscriberTokens::Anonymous).unwrap_err();
        let sentence = refused.to_string();
        assert!(
            sentence.starts_with("3 of 5 subscribers would show no token, but follow private topics such as https://example.com/0000000000000007/closed: give --subscriber-jwt-key"),
            "{sentence}"
        );
    }

    #[test]
    fn a_token_for_each_or_for_all_is_enough() {
        let plan = plan();
        let token = BearerToken::new("a.b.c").unwrap();
        for (tokens, is_enough) in [
            (SubscriberTokens::Shared(token.clone()), true),
            (SubscriberTokens::Each(vec![token.clone(); 5]), true),
            (SubscriberTokens::Each(Vec::new()), false),
        ] {
            assert_eq!(
                check_grants(&plan, &tokens).is_ok(),
                is_enough,
                "{tokens:?}"
            );
        }
    }

    #[test]
    fn what_is_public_needs_no_token() {
        let mut plan = plan();
        plan.topics
            .iter_mut()
            .for_each(|topic| topic.private = false);
        assert_eq!(check_grants(&plan, &SubscriberTokens::Anonymous), Ok(()));
    }
}
