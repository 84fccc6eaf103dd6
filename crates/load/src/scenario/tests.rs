use super::*;

fn live_score() -> Scenario {
    Scenario::parse("live-score.toml", preset("live-score").unwrap()).unwrap()
}

#[test]
fn every_preset_parses_asks_a_question_and_is_named_as_it_is_called() {
    for name in preset_names() {
        let scenario = Scenario::parse(name, preset(name).unwrap()).unwrap();
        assert_eq!(scenario.name, name);
        assert!(scenario.question.ends_with('?'), "{}", scenario.question);
    }
    assert_eq!(preset("live-scores"), None);
}

#[test]
fn live_score_is_what_the_readme_promises() {
    let scenario = live_score();
    let phases = &scenario.phases;
    let length = phases.ramp + phases.settle + phases.warm_up + phases.measure;
    assert_eq!(scenario.subscriber_count(), 1_000);
    assert_eq!(scenario.topics[0].count, 10);
    assert!(scenario.updates_per_second() * phases.measure.as_secs_f64() >= 400.0);
    assert!(length <= Duration::from_secs(15));
    // A hub that lags behind, and catches up, loses nothing.
    assert!(phases.drain >= Duration::from_secs(10));
}

#[test]
fn a_filled_in_scenario_reads_back_as_the_same() {
    let odd = "# Why?\nname='odd'\nseed=7\n[topics.'a b']\ntemplate='x/{run}'\n[topics.c]\ntemplate='y/{run}/{n}'\ncount=9\nprivate=true\n\
        [subscribers.s]\ncount=1\nfollow='c'\ntopics_each=3\n[publishers.p]\npublish='a b'\nrate='100/min'\narrivals='poisson'\n\
        [publishers.q]\npublish='c'\nrate='7/s'\narrivals='bursts'\nburst_size=2\nburst_spacing='1500us'\n\
        [phases]\nmeasure='90s'\nsettle='0s'\n[bounds]\nlate_after='2s'\nunconnected='7%'\nin_flight=5";
    for text in [preset("live-score").unwrap(), odd] {
        let scenario = Scenario::parse("a", text).unwrap();
        let written = scenario.filled_in();
        assert_eq!(
            Scenario::parse("b", &written).as_ref(),
            Ok(&scenario),
            "{written}"
        );
    }
}

/// Replaces one piece of live-score and expects the error at `place` to contain `problem`.
#[track_caller]
fn check_refused(piece: &str, by: &str, place: &str, problem: &str) {
    let text = preset("live-score").unwrap();
    assert!(text.contains(piece), "live-score has no {piece:?}");
    let error = Scenario::parse("my.toml", &text.replacen(piece, by, 1))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("my.toml:{place}: ")) && error.contains(problem),
        "{error}"
    );
}

#[test]
fn every_mistake_has_a_place_and_a_next_step() {
    for (piece, by, place, problem) in [
        (
            "rate = \"45/s\"",
            "",
            "21:13",
            "[publishers.stadiums] needs `rate`, such as",
        ),
        (
            "rate = ",
            "rte = ",
            "23:1",
            "unknown key `rte` in [publishers.stadiums], did you mean `rate`?",
        ),
        (
            "burst_size = 15",
            "brust_size = 15",
            "25:1",
            "unknown key `brust_size` in [publishers.stadiums], did you mean `burst_size`?",
        ),
        ("[phases]", "[phase]", "29:2", "did you mean `phases`?"),
        (
            "audience = \"follower/followers\"",
            "zzz = 1",
            "10:1",
            "known here are `event`, `audience`",
        ),
        ("goal/goals", "goal", "9:9", "write one and many"),
        (
            "\"45/s\"",
            "45",
            "23:8",
            "`rate` is an integer: it must be a text in quotes",
        ),
        (
            "\"45/s\"",
            "\"45\"",
            "23:8",
            "is not a rate: write a number and /s or /min",
        ),
        ("\"2s\"", "\"2 sec\"", "30:8", "is not a duration"),
        (
            "count = 1000",
            "count = 0",
            "17:9",
            "`count` is 0: it must be a number from 1 to 10000000",
        ),
        ("count = 1000", "count = \"many\"", "17:9", "a whole number"),
        (
            "topics_each = 1 ",
            "topics_each = 11 ",
            "19:15",
            "from 1 to 10",
        ),
        (
            "follow = \"matches\"",
            "follow = \"match\"",
            "18:10",
            "names no topics `match`, did you mean `matches`?",
        ),
        ("/{n}\"", "\"", "13:12", "needs {n}"),
        ("{run}", "r", "13:12", "needs {run}"),
        ("{n}", "{n}/{x}", "13:12", "knows {run} and {n} only"),
        (
            "\"bursts\"",
            "\"burst\"",
            "24:12",
            "`arrivals` knows no `burst`, did you mean `bursts`?",
        ),
        (
            "\"8ms\"",
            "\"80ms\"",
            "26:17",
            "lower `burst_spacing` or `rate`",
        ),
        (
            "\"200 B\"",
            "\"71 B\"",
            "27:11",
            "72 B, which the stamp takes",
        ),
        ("\"9500ms\"", "\"10ms\"", "33:11", "100 ms at least"),
        ("\"1%\"", "\"0.01\"", "38:15", "is not a share"),
        ("\"live-score\"", "\"Live Score\"", "6:8", "lower-case"),
        ("count = 10\n", "count = 10 10\n", "14:9", ""),
        ("\"9500ms\"", "\"700h\"", "1:1", "more than a plan holds"),
    ] {
        check_refused(piece, by, place, problem);
    }
}

#[test]
fn any_text_is_refused_without_panic() {
    for text in [
        "",
        "\u{feff}",
        "name",
        "name = 1",
        "name = \"é\"",
        "= = =",
        "[topics]\na = 1",
        "topics = 3",
        "\0",
        "name='x'\ntopics=[1]",
    ] {
        let error = Scenario::parse("x", text).unwrap_err();
        assert!(
            error.line >= 1 && error.column >= 1 && !error.problem.is_empty(),
            "{text:?}"
        );
    }
}

#[test]
fn overrides_replace_and_are_checked() {
    let overrides = Overrides {
        subscribers: Some(5_000),
        rate: Some("90/s".parse().unwrap()),
        measure: Some(Duration::from_mins(1)),
        seed: Some(3),
    };
    let scenario = live_score().with(overrides).unwrap();
    assert_eq!(scenario.subscriber_count(), 5_000);
    assert!((scenario.updates_per_second() - 90.0).abs() < 1e-9);
    assert_eq!(
        scenario.publishers[0].arrivals,
        Arrivals::Bursts {
            size: 15,
            spacing: Duration::from_millis(4)
        }
    );
    assert_eq!(
        (scenario.phases.measure, scenario.seed),
        (Duration::from_mins(1), Some(3))
    );
    assert_eq!(live_score().with(Overrides::default()), Ok(live_score()));
    for (overrides, problem) in [
        (
            Overrides {
                subscribers: Some(0),
                ..Overrides::default()
            },
            "0 subscribers: this scenario needs 1 to",
        ),
        (
            Overrides {
                subscribers: Some(u64::MAX),
                ..Overrides::default()
            },
            "needs 1 to 10000000",
        ),
        (
            Overrides {
                measure: Some(Duration::ZERO),
                ..Overrides::default()
            },
            "too short",
        ),
        (
            Overrides {
                rate: Some("9999999/s".parse().unwrap()),
                ..Overrides::default()
            },
            "more than a plan holds",
        ),
    ] {
        let error = live_score().with(overrides).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn groups_keep_their_shares_and_at_least_one_subscriber() {
    let text = preset("live-score")
        .unwrap()
        .replace("count = 1000", "count = 9")
        + "[subscribers.b]\ncount = 90\nfollow = \"matches\"\n[subscribers.c]\ncount = 1\nfollow = \"matches\"\n";
    let scenario = Scenario::parse("x", &text).unwrap();
    for (given, expected) in [(1_000, [90, 900, 10]), (3, [1, 1, 1]), (10, [1, 8, 1])] {
        let counts = scenario
            .clone()
            .with(Overrides {
                subscribers: Some(given),
                ..Overrides::default()
            })
            .unwrap();
        let counts: Vec<u32> = counts.subscribers.iter().map(|group| group.count).collect();
        assert_eq!(counts, expected, "{given}");
    }
}

#[test]
fn a_drain_that_would_lose_what_is_on_time_is_refused() {
    let drain = |text: &str| {
        preset("live-score")
            .unwrap()
            .replace("drain = \"10s\"", text)
    };
    assert!(Scenario::parse("x", &drain("drain = \"1s\"")).is_ok());
    let error = Scenario::parse("x", &drain("drain = \"999ms\"")).unwrap_err();
    assert!(
        error.line > 1 && error.problem.contains("lengthen `drain`"),
        "{error}"
    );
}
