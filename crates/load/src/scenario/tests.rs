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
    assert_eq!(scenario.topic_count(0), 10);
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
    let presets = preset_names().filter_map(preset);
    for text in presets.chain([odd]) {
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
        http: Some(Http::TWO),
        seed: Some(3),
    };
    let scenario = live_score().with(overrides).unwrap();
    assert_eq!(scenario.subscriber_count(), 5_000);
    assert!(
        scenario
            .subscribers
            .iter()
            .all(|group| group.http == Http::TWO)
    );
    assert!((scenario.updates_per_second() - 90.0).abs() < 1e-9);
    let Tempo::Steady { arrivals, .. } = scenario.publishers[0].tempo else {
        panic!("{:?}", scenario.publishers);
    };
    let bursts = Arrivals::Bursts {
        size: 15,
        spacing: Duration::from_millis(4),
    };
    assert_eq!(arrivals, bursts);
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

/// Everything that a file can say, in one.
const ALL: &str = "name = 'all'
[topics.open]\ntemplate = 'https://e.example/{run}/open/{n}'\ncount = 9
[topics.own]\ntemplate = 'https://e.example/{run}/own/{n}'\none_for_each = 'users'\nshared_by = 2\nprivate = true
[subscribers.users]\ncount = 5\nfollow = ['own', { topics = 'open', each = '1..3' }]\nstays = '10s..60s'\nreplaced = true
[subscribers.screens]\ncount = 1\nfollow = { topics = 'open', by = 'pattern' }\nreads = '2 kB/s'
[publishers.p]\npublish = 'open'\nrate = ['5/s', '50/s']
[publishers.j]\npublish = 'own'\njobs_of = 'users'\nbegins = '-50ms'\nevents = 3\nevery = '100ms'
[faults.f]\nat = '2s'\ndo = 'drop streams'\nshare = '50%'
[faults.p]\nat = '1s'\ndo = 'pause hub'\nlasts = '500ms'
[hub]\nhistory = 'durable'\npresence = true
[phases]\nmeasure = '10s'";

#[test]
fn everything_a_file_can_say_is_understood() {
    let scenario = Scenario::parse("all.toml", ALL).unwrap();
    assert_eq!(scenario.topic_count(1), 3, "two share one, of five");
    let [users, screens] = scenario.subscribers.as_slice() else {
        panic!("{:?}", scenario.subscribers);
    };
    let chosen = Follow::Chosen {
        family: 0,
        least: 1,
        most: 3,
    };
    assert_eq!(users.follows, [Follow::Own { family: 1 }, chosen]);
    assert_eq!(
        users.stays,
        Stays::Between(Duration::from_secs(10), Duration::from_mins(1))
    );
    assert_eq!(screens.follows, [Follow::Pattern { family: 0 }]);
    assert_eq!(screens.reads, Reads::Slowly(2_000));
    let names: Vec<_> = scenario
        .faults
        .iter()
        .map(|fault| fault.name.as_str())
        .collect();
    assert_eq!(names, ["p", "f"], "by instant");
    assert!(scenario.hub.presence && scenario.hub.durable_history);
    assert_eq!(Scenario::parse("b", &scenario.filled_in()), Ok(scenario));
}

#[test]
fn what_contradicts_itself_is_refused_where_it_stands() {
    for (piece, by, problem) in [
        (
            "shared_by = 2",
            "shared_by = 2\ncount = 3",
            "exclude each other",
        ),
        (
            "one_for_each = 'users'\n",
            "",
            "`shared_by` goes with `one_for_each`",
        ),
        ("'users'\nshared", "'user'\nshared", "did you mean `users`?"),
        (
            "follow = ['own',",
            "follow = ['own', 'own',",
            "names `own` twice",
        ),
        (
            "follow = ['own',",
            "topics_each = 2\nfollow = ['own',",
            "`each` and `topics_each`",
        ),
        (
            "each = '1..3'",
            "each = '3..1'",
            "write a number, or two as in",
        ),
        (
            "each = '1..3'",
            "each = '1..10'",
            "10 topics each: it must be a number from 1 to 9",
        ),
        ("by = 'pattern'", "by = 'patern'", "did you mean `pattern`?"),
        (
            "by = 'pattern'",
            "by = 'pattern', each = 3",
            "a pattern matches all topics",
        ),
        (
            "open/{n}'",
            "open/{n}x'",
            "makes no pattern: {n} must stand once",
        ),
        ("stays = '10s..60s'\n", "", "`replaced` goes with `stays`"),
        ("'10s..60s'", "'60s..10s'", "\"exponential 60s\""),
        ("'2 kB/s'", "'2 kB'", "\"never\" or a rate"),
        (
            "jobs_of = 'users'",
            "jobs_of = 'screens'",
            "`screens` do not follow `own`",
        ),
        (
            "rate = ['5/s', '50/s']",
            "rate = ['5/s', 5]",
            "must be a text in quotes",
        ),
        (
            "'drop streams'",
            "'drop stream'",
            "did you mean `drop streams`?",
        ),
        ("at = '2s'", "at = '10s'", "not within the measured phase"),
        ("\nlasts = '500ms'", "", "needs `lasts`"),
        ("'durable'", "'redb'", "known here are `memory`, `durable`"),
        (
            "count = 9",
            "count = 9\npopularity = 'zipf 9'",
            "an exponent from 0.1 to 3",
        ),
    ] {
        assert!(ALL.contains(piece), "there is no {piece:?}");
        let text = ALL.replacen(piece, by, 1);
        let error = Scenario::parse("all.toml", &text).unwrap_err();
        assert!(error.problem.contains(problem), "{by:?}: {error}");
        assert!(error.line > 1, "{error}");
    }
}

#[test]
fn any_value_can_be_set_by_its_name() {
    let scenario = Scenario::parse("all.toml", ALL).unwrap();
    let set = |setting: &str| scenario.with_settings(&[setting.to_owned()]);
    assert_eq!(
        set("subscribers.users.count=7").unwrap().subscribers[0].count,
        7
    );
    assert!(set("topics.open.private = true").unwrap().topics[0].private);
    // Neither makes sense alone.
    let longer = [
        "phases.measure=1s",
        "faults.f.at=500ms",
        "faults.p.at=400ms",
    ];
    let longer = scenario.with_settings(&longer.map(str::to_owned)).unwrap();
    assert_eq!(longer.faults[1].at, Duration::from_millis(500));
    let bursts = set("publishers.p.arrivals=poisson").unwrap();
    assert!(matches!(
        bursts.publishers[0].tempo,
        Tempo::Steady {
            arrivals: Arrivals::Poisson,
            ..
        }
    ));
    assert_eq!(
        set("phases.ramp=3s").unwrap().phases.ramp,
        Duration::from_secs(3)
    );
    for (setting, problem) in [
        ("subscribers.users.count", "write a key and a value"),
        (
            "subscribers.user.count=7",
            "there is no `user`: known here are `users`, `screens`",
        ),
        ("subscribers.users.cuont=7", "did you mean `count`?"),
        ("subscribers.users.count=0", "from 1 to"),
        ("name.x=0", "`name` is no table"),
        ("phases.measure=x", "is not a duration"),
        ("=3", "names no key"),
    ] {
        let error = set(setting).unwrap_err().to_string();
        assert!(
            error.starts_with(setting) && error.contains(problem),
            "{error}"
        );
    }
}

#[test]
fn a_rate_is_for_those_who_follow_the_clock() {
    let with_rate = |scenario: Scenario, rate: &str| {
        let rate = Some(rate.parse().unwrap());
        scenario.with(Overrides {
            rate,
            ..Overrides::default()
        })
    };
    // Fifteen updates of jobs in eleven seconds.
    let mixed = with_rate(Scenario::parse("all.toml", ALL).unwrap(), "20/s").unwrap();
    assert!(
        (mixed.updates_per_second() - 20.0).abs() < 1e-9,
        "{mixed:?}"
    );
    let jobs = Scenario::parse("x", preset("async-jobs").unwrap()).unwrap();
    let error = with_rate(jobs, "50/s").unwrap_err().to_string();
    assert!(error.contains("375.0/s of jobs"), "{error}");
}
