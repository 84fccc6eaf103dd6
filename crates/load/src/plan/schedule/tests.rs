use super::*;
use crate::plan::PlannedPublication;
use crate::scenario::{Overrides, preset, preset_names};

fn scenario(publishers: &str) -> Scenario {
    let head = preset("live-score").unwrap().replace(
        "arrivals = \"bursts\"\nburst_size = 15\nburst_spacing = \"8ms\"",
        publishers,
    );
    Scenario::parse("x", &head).unwrap()
}

fn measured(plan: &Plan) -> Vec<PlannedPublication> {
    plan.publications
        .iter()
        .filter(|update| update.phase == PhaseKind::Measure)
        .copied()
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_one_another() {
    let scenario = scenario("arrivals = \"poisson\"");
    let plan = schedule(&scenario, 1, 9);
    let (same, other) = (schedule(&scenario, 1, 9), schedule(&scenario, 2, 9));
    assert_eq!(
        (&plan.publications, &plan.subscribers),
        (&same.publications, &same.subscribers)
    );
    assert_ne!(plan.publications, other.publications);
    assert_ne!(plan.subscribers, other.subscribers);
}

#[test]
fn live_score_has_enough_goals_to_decide_a_p99_whatever_the_seed() {
    let scenario = Scenario::parse("x", preset("live-score").unwrap()).unwrap();
    for seed in 0..200 {
        let goals = measured(&schedule(&scenario, seed, 0)).len();
        assert!((400..=455).contains(&goals), "seed {seed}: {goals}");
    }
}

#[test]
fn instants_ascend_lie_in_their_phases_and_are_numbered_by_publisher() {
    for arrivals in [
        "arrivals = \"uniform\"",
        "arrivals = \"poisson\"",
        "arrivals = \"bursts\"",
    ] {
        let plan = schedule(&scenario(arrivals), 5, 1);
        assert!(plan.publications.is_sorted_by_key(|update| update.at));
        for (update, index) in plan.publications.iter().zip(0..) {
            let phase = plan.phase(update.phase).unwrap();
            assert!(
                phase.start <= update.at && update.at < phase.end,
                "{update:?}"
            );
            assert_eq!(
                plan.publication_index(update.publisher, update.sequence),
                Some(index)
            );
        }
    }
}

#[test]
fn poisson_gaps_are_as_spread_as_their_mean() {
    let plan = schedule(&scenario("arrivals = \"poisson\""), 11, 0);
    let updates = measured(&plan);
    let gaps: Vec<f64> = updates
        .windows(2)
        .map(|pair| pair[1].at.micros_since(pair[0].at) as f64)
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let deviation =
        (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
    assert!(
        (0.8..1.2).contains(&(deviation / mean)),
        "{deviation} of {mean}"
    );
}

#[test]
fn every_topic_has_a_canary_a_round_and_everyone_a_place_in_the_ramp() {
    let plan = schedule(&scenario("arrivals = \"uniform\""), 3, 0xab);
    let canaries = plan
        .publications
        .iter()
        .filter(|update| update.phase == PhaseKind::Settle)
        .count();
    // A hundred follow each topic, and none follows two: no topic can be left out.
    assert_eq!(canaries, 2 * plan.topics.len());
    assert_eq!(
        plan.topics[9].iri,
        "https://live-score.example/00000000000000ab/matches/10"
    );
    assert_eq!(plan.subscribers.len(), 1_000);
    assert_eq!(
        plan.subscribers
            .iter()
            .filter(|subscriber| subscriber.probe)
            .count(),
        50
    );
    assert!(
        plan.subscribers
            .is_sorted_by_key(|subscriber| subscriber.connect_at)
    );
    assert!(
        plan.subscribers
            .iter()
            .all(|subscriber| subscriber.topics.len() == 1)
    );
    assert!(plan.subscribers[999].connect_at < plan.phase(PhaseKind::Ramp).unwrap().end);
}

fn is_settled(plan: &Plan, one: &PlannedSubscriber) -> bool {
    let settle = plan.phase(PhaseKind::Settle);
    one.reads == crate::plan::Reads::All && settle.is_some_and(|settle| one.connect_at < settle.end)
}

fn planned(name: &str, overrides: Overrides) -> (Scenario, Plan) {
    let scenario = Scenario::parse(name, preset(name).unwrap()).unwrap();
    let scenario = scenario.with(overrides).unwrap();
    let plan = schedule(&scenario, 7, 1);
    (scenario, plan)
}

fn as_it_is(name: &str) -> (Scenario, Plan) {
    planned(name, Overrides::default())
}

#[test]
fn every_preset_can_be_planned_and_everyone_in_the_ramp_has_a_canary() {
    for name in preset_names() {
        let (_, plan) = as_it_is(name);
        let mut has_canary = vec![false; plan.topics.len()];
        for update in &plan.publications {
            has_canary[update.topic as usize] |= update.phase == PhaseKind::Settle;
        }
        assert!(
            plan.subscribers.is_sorted_by_key(|one| one.connect_at),
            "{name}"
        );
        for one in plan.subscribers.iter().filter(|one| is_settled(&plan, one)) {
            let heard = one.topics.iter().any(|topic| has_canary[*topic as usize]);
            assert!(heard, "{name}: {one:?}");
        }
        let loaded = plan
            .publications
            .iter()
            .filter(|one| one.phase == PhaseKind::Measure);
        assert!(loaded.count() >= 5, "{name}");
    }
}

#[test]
fn a_pattern_is_of_all_topics_and_of_a_set_that_is_shared() {
    let (scenario, plan) = as_it_is("stock-availability");
    let [pattern] = plan.patterns.as_slice() else {
        panic!("{:?}", plan.patterns);
    };
    assert_eq!(
        pattern.url_pattern,
        "https://shop.example/0000000000000001/products/:n"
    );
    assert_eq!(
        pattern.uri_template,
        "https://shop.example/0000000000000001/products/{n}"
    );
    let dashboards: Vec<_> = plan
        .subscribers
        .iter()
        .filter(|one| one.group == 1)
        .collect();
    assert_eq!(dashboards.len(), 20);
    for one in &dashboards {
        assert_eq!((one.topics.len(), &*one.patterns), (5_000, &[0][..]));
        assert!(std::sync::Arc::ptr_eq(&one.topics, &dashboards[0].topics));
    }
    let shoppers = plan.subscribers.iter().filter(|one| one.group == 0);
    let each: Vec<usize> = shoppers.map(|one| one.topics.len()).collect();
    assert_eq!(
        (each.iter().min(), each.iter().max()),
        (Some(&1), Some(&20))
    );
    assert_eq!(scenario.topic_count(0), 5_000);
}

#[test]
fn rates_follow_each_other_in_equal_parts() {
    let (_, plan) = as_it_is("stock-availability");
    let measure = plan.phase(PhaseKind::Measure).unwrap().start;
    let in_part = |part: u64| {
        let from = measure.0 + part * 5_000_000;
        let part = from..from + 5_000_000;
        plan.publications
            .iter()
            .filter(|update| part.contains(&update.at.0))
            .count() as f64
    };
    for (part, expected) in [(0, 250.0), (1, 2_500.0), (2, 250.0)] {
        let count = in_part(part);
        assert!((count / expected - 1.0).abs() < 0.25, "{part}: {count}");
    }
}

#[test]
fn those_who_share_a_topic_are_as_many_as_the_file_says_and_write_to_it() {
    let (_, plan) = as_it_is("collaborative-editing");
    let mut followers = vec![0; plan.topics.len()];
    for one in &plan.subscribers {
        let [topic] = *one.topics else {
            panic!("{one:?}")
        };
        followers[topic as usize] += 1;
    }
    assert_eq!(followers, vec![5; 200]);
    let written = plan
        .publications
        .iter()
        .filter(|update| update.phase != PhaseKind::Settle);
    for update in written {
        let author = &plan.subscribers[update.author.unwrap() as usize];
        assert_eq!(*author.topics, [update.topic]);
    }
}

#[test]
fn a_job_tells_the_one_who_waits_for_it_and_nobody_else() {
    let (_, plan) = as_it_is("async-jobs");
    assert_eq!(plan.publications.len(), 6_000);
    for one in &plan.subscribers {
        let [topic] = *one.topics else {
            panic!("{one:?}")
        };
        let own = plan.updates_of(topic);
        assert_eq!(own.len(), 10, "one job, ten events");
        let first = plan.publications[own[0] as usize].at;
        assert_eq!(first.0 + 50_000, one.connect_at.0, "it did not wait");
        assert_eq!(
            plan.updates_for(one, topic),
            own,
            "whoever asks for all is told all"
        );
        assert_eq!(
            one.leave_at,
            Some(one.connect_at.plus(Duration::from_millis(1_500)))
        );
    }
}

#[test]
fn who_leaves_is_replaced_so_that_as_many_are_there() {
    let (scenario, plan) = as_it_is("churn");
    let load = load(&plan.phases);
    for at_ms in [0, 5_000, 12_000, 20_000] {
        let at = load.start.plus(Duration::from_millis(at_ms));
        let there = plan.subscribers.iter().filter(|one| one.connect_at <= at);
        let there = there.filter(|one| one.is_there_at(at)).count();
        assert_eq!(there, scenario.subscriber_count() as usize, "{at}");
    }
    // 21 s of a mean of 20: about 1,050 come.
    let came = plan.subscribers.len() - 1_000;
    assert!((900..1_200).contains(&came), "{came}");
    assert!(
        plan.subscribers
            .iter()
            .all(|one| one.leave_at.is_none_or(|at| at < load.end))
    );
}

#[test]
fn a_fault_drops_the_share_of_those_who_are_there() {
    let (scenario, _) = as_it_is("reconnect-storm");
    let half = scenario
        .with_settings(&["faults.network.share=50%".to_owned()])
        .unwrap();
    let plan = schedule(&half, 1, 1);
    let [network, deployment] = plan.faults.as_slice() else {
        panic!("{:?}", plan.faults);
    };
    assert_eq!((network.drops.len(), deployment.drops.len()), (500, 0));
    assert!(network.drops.is_sorted_by(|a, b| a < b));
    let measure = plan.phase(PhaseKind::Measure).unwrap().start;
    assert_eq!(network.at, measure.plus(Duration::from_secs(4)));
}

#[test]
fn settling_takes_as_long_as_its_canaries() {
    let overrides = Overrides {
        subscribers: Some(4_000),
        ..Overrides::default()
    };
    let (scenario, plan) = planned("inbox", overrides);
    let settle = plan.phase(PhaseKind::Settle).unwrap();
    let length = settle.end.micros_since(settle.start);
    assert!(length >= 4_000_000 && scenario.phases.settle < Duration::from_secs(4));
    let canaries = plan
        .publications
        .iter()
        .filter(|one| one.phase == PhaseKind::Settle);
    assert_eq!(canaries.count(), 4_000, "one round");
}

#[test]
fn a_ramp_has_the_shape_that_the_file_says() {
    let (scenario, _) = as_it_is("live-score");
    for (shape, in_first_half) in [("even", 500), ("growing", 250), ("at once", 1_000)] {
        let shaped = format!("phases.ramp_shape={shape}");
        let plan = schedule(&scenario.with_settings(&[shaped]).unwrap(), 1, 1);
        let half = plan.phase(PhaseKind::Ramp).unwrap().end.0 / 2;
        let begun = plan
            .subscribers
            .iter()
            .filter(|one| one.connect_at.0 < half);
        assert_eq!(begun.count(), in_first_half, "{shape}");
    }
}
