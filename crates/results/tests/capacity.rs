//! What a short run says of a load, and what several of them say together.

mod sample;

use assay_results::{
    CapacityKind, CapacityObjective, CapacityQuestion, CapacityRecord, CapacityRun, CapacitySearch,
    CapacityStep, Cause, Failure, Health, HealthSecond, LoadLevel, LoadRecord, LoadRun, Noun,
    Outcome, Partial, PartialCause, Purpose, Raised, Room, Slo, SloLevel, Stage, StepVerdict,
    ThreadShare, capacity_run_schema,
};
use sample::{environment, target, with_event_last};

const ROOM: Room = Room {
    hub_cpus: Some(2.0),
    hub_memory_bytes: Some(1_000_000),
    machine_busy: Some(0.5),
};

fn load(subscribers: u64) -> LoadLevel {
    LoadLevel {
        subscribers,
        updates_per_second: 45.0,
    }
}

/// A run of 400 publishes, of which the slowest take so long, held against `event_last.p99 < 1s`.
fn step(slow_us: u64, room: Room, change: impl FnOnce(&mut LoadRecord)) -> CapacityStep {
    let mut record = with_event_last(400, slow_us, 0);
    change(&mut record);
    let slo = Slo {
        name: "it".to_owned(),
        expect: "event_last.p99 < 1s".parse().unwrap(),
        level: SloLevel::Must,
    };
    record.slos = vec![slo.judge(&record)];
    CapacityStep::of(1, Purpose::Raise, load(3), &LoadRun::new(record), &room)
}

/// A hub that used so much in each measured second.
fn used(cpus: Option<f64>, memory_bytes: u64) -> impl FnOnce(&mut LoadRecord) {
    move |record| {
        for second in &mut record.seconds {
            (second.hub_cpu, second.hub_memory_bytes) = (cpus, Some(memory_bytes));
        }
    }
}

fn check(step: &CapacityStep, verdict: StepVerdict, cause: Option<Cause>, why: &str) {
    assert_eq!((step.verdict, step.cause), (verdict, cause), "{step:?}");
    let said = step.why.as_deref().unwrap_or_default();
    assert!(said.contains(why), "{said:?} has no {why:?}");
}

#[test]
fn a_step_that_keeps_everything_is_met() {
    let step = step(900_000, ROOM, |_| ());
    check(&step, StepVerdict::Met, None, "");
    let figures = step.figures.unwrap();
    assert_eq!(figures.event_last_p99.value_us(), Some(900_000));
    assert_eq!((figures.hub_cpu, figures.wrong), (Some(0.25), 0));
    assert_eq!(step.measured_us, 4_000_000);
}

#[test]
fn a_latency_that_is_not_kept_names_what_was_used_up() {
    let missed = |room: Room, cpus: Option<f64>, memory_bytes: u64| {
        step(1_200_000, room, used(cpus, memory_bytes))
    };
    let busy = Room {
        machine_busy: Some(0.97),
        ..ROOM
    };
    let one_cpu = Room {
        hub_cpus: Some(1.0),
        ..busy
    };
    for (room, cpus, memory, cause, why) in [
        (ROOM, Some(1.85), 0, Cause::HubCpu, "1.85 of 2.00 CPUs"),
        // Its own CPU ends first, though the machine is full too.
        (one_cpu, Some(0.95), 0, Cause::HubCpu, "0.95 of 1.00 CPUs"),
        (busy, Some(1.2), 0, Cause::MachineCpu, "busy to 97 %"),
        (
            busy,
            None,
            0,
            Cause::MachineCpu,
            "the machine that it shares",
        ),
        (
            ROOM,
            Some(0.3),
            950_000,
            Cause::HubMemory,
            "950000 of 1000000 bytes",
        ),
        (ROOM, Some(0.3), 0, Cause::Latency, "had some to spare"),
        (
            Room::default(),
            Some(0.3),
            0,
            Cause::Latency,
            "used 0.30 CPUs, and had",
        ),
        (ROOM, None, 0, Cause::LatencyUnseen, "was not seen"),
    ] {
        let step = missed(room, cpus, memory);
        check(&step, StepVerdict::Missed, Some(cause), why);
        check(
            &step,
            StepVerdict::Missed,
            Some(cause),
            "event_last.p99 < 1s was not kept, it saw 1200 ms",
        );
    }
}

/// Whatever the objectives are.
#[test]
fn what_is_wrong_in_any_run_is_missed_with_its_reason() {
    let failure = |stage, reason: &str| Failure {
        stage,
        reason: reason.to_owned(),
        count: 2,
        first_us: 0,
    };
    let lost = step(1_000, ROOM, |record| {
        (record.ledger.on_time, record.ledger.lost) = (11, 1);
    });
    check(
        &lost,
        StepVerdict::Missed,
        Some(Cause::Loss),
        "1 of 12 deliveries went wrong, 1 of them lost",
    );
    let unconnected = step(1_000, ROOM, |record| {
        (record.unconnected, record.ramp_failed) = (1, true);
        record.failures = vec![failure(Stage::Connect, "connection refused")];
    });
    check(
        &unconnected,
        StepVerdict::Missed,
        Some(Cause::Connections),
        "1 of 3 subscribers never connected: connection refused",
    );
    let unpublished = step(1_000, ROOM, |record| record.publishes.refused = 2);
    check(
        &unpublished,
        StepVerdict::Missed,
        Some(Cause::Publishes),
        "2 of 4 updates",
    );
    let gone = step(1_000, ROOM, |record| {
        record.partial = Some(Partial {
            cause: PartialCause::HubUnusable,
            reason: "the hub's process ended".to_owned(),
            at_us: 5,
        });
    });
    check(
        &gone,
        StepVerdict::Missed,
        Some(Cause::HubGone),
        "the hub's process ended",
    );
}

/// However late everything was, and whatever was lost: the hub was not measured.
#[test]
fn a_workbench_at_its_limit_is_never_the_hubs_failure() {
    let saturated = step(30_000_000, ROOM, |record| {
        (record.ledger.on_time, record.ledger.lost) = (11, 1);
        let busy = HealthSecond {
            measured: true,
            busiest_thread: Some(ThreadShare {
                thread: "crowd-0".to_owned(),
                share: 0.99,
            }),
            ..HealthSecond::default()
        };
        record.health = Health::judge(vec![busy; 4], 0);
    });
    check(
        &saturated,
        StepVerdict::NotMeasurable,
        Some(Cause::Workbench),
        "past its gates in 4 of 4 seconds",
    );
    let interrupted = step(1_000, ROOM, |record| {
        record.partial = Some(Partial {
            cause: PartialCause::Interrupted,
            reason: "interrupted".to_owned(),
            at_us: 5,
        });
    });
    check(
        &interrupted,
        StepVerdict::NotMeasurable,
        Some(Cause::Workbench),
        "interrupted",
    );
}

#[test]
fn too_few_events_decide_nothing() {
    let mut record = with_event_last(298, 1_000, 0);
    let slo = Slo {
        name: "it".to_owned(),
        expect: "event_last.p99 < 1s".parse().unwrap(),
        level: SloLevel::Must,
    };
    record.slos = vec![slo.judge(&record)];
    let run = LoadRun::new(record);
    let step = CapacityStep::of(1, Purpose::Raise, load(3), &run, &ROOM);
    check(&step, StepVerdict::Undecided, None, "too few events");
}

/// `100+ 200+ 400- 300! 300?`: subscribers, and met, missed, not measurable, undecided.
fn search(steps: &str) -> CapacitySearch {
    let step = |(number, text): (u32, &str)| {
        let (count, sign) = text.split_at(text.len() - 1);
        let (verdict, cause) = match sign {
            "+" => (StepVerdict::Met, None),
            "-" => (StepVerdict::Missed, Some(Cause::Loss)),
            "!" => (StepVerdict::NotMeasurable, Some(Cause::Workbench)),
            _ => (StepVerdict::Undecided, None),
        };
        CapacityStep {
            verdict,
            cause,
            refused: false,
            ..CapacityStep::refused(
                number,
                Purpose::Raise,
                load(count.parse().unwrap()),
                "why".to_owned(),
            )
        }
    };
    CapacitySearch {
        raised: Raised::Subscribers,
        steps: (1..).zip(steps.split(' ')).map(step).collect(),
    }
}

fn run(searches: &[&str], interrupted: bool) -> CapacityRun {
    CapacityRun::new(CapacityRecord {
        partial: interrupted.then(|| Partial {
            cause: PartialCause::Interrupted,
            reason: "interrupted".to_owned(),
            at_us: 1,
        }),
        question: CapacityQuestion {
            scenario: "live-score".to_owned(),
            asks: "How much?".to_owned(),
            event: Noun::new("goal", "goals"),
            audience: Noun::new("follower", "followers"),
            seed: 7,
            raised: Raised::Subscribers,
            objectives: vec![CapacityObjective::of(&"lost = 0".parse().unwrap())],
            within_percent: 10.0,
            confirmations: 2,
            step_measured_us: 10_000_000,
            fresh_hub: true,
            keeps_steps: true,
        },
        target: Some(target()),
        environment: environment(),
        calibration: None,
        searches: searches.iter().map(|steps| search(steps)).collect(),
        notes: Vec::new(),
    })
}

#[test]
fn an_answer_is_what_passed_often_enough_below_the_first_failure() {
    use CapacityKind::{AtLeast, Capacity, None as Nothing, NotMeasurable, Undecided};
    use Outcome::{Broken, Passed, TooFewEvents};
    for (steps, kind, passed, ended, outcome) in [
        (
            "100+ 200+ 400- 200+ 200+",
            Capacity,
            Some(200),
            Some(400),
            Passed,
        ),
        // Passed twice where it takes three.
        (
            "100+ 200+ 400- 200+",
            Undecided,
            None,
            Some(400),
            TooFewEvents,
        ),
        // The confirmation failed: what is below has not been confirmed.
        (
            "100+ 200+ 400- 200+ 200-",
            Undecided,
            None,
            Some(200),
            TooFewEvents,
        ),
        (
            "100+ 200+ 400- 200- 100+ 100+",
            Capacity,
            Some(100),
            Some(200),
            Passed,
        ),
        // What passed above a failure is not believed.
        (
            "100+ 400+ 400+ 400+ 200- 100+ 100+",
            Capacity,
            Some(100),
            Some(200),
            Passed,
        ),
        (
            "100+ 200+ 400! 400! 200+ 200+",
            AtLeast,
            Some(200),
            Some(400),
            Passed,
        ),
        ("100+ 200+ 200+ 200+", AtLeast, Some(200), None, Passed),
        ("100-", Nothing, None, Some(100), Broken),
        (
            "100! 100!",
            NotMeasurable,
            None,
            Some(100),
            Outcome::NotMeasurable,
        ),
        ("100? 200? 400-", Undecided, None, Some(400), TooFewEvents),
    ] {
        let run = run(&[steps], false);
        let answer = &run.summary().answers[0];
        let count = |load: Option<LoadLevel>| load.map(|load| load.subscribers);
        assert_eq!(
            (answer.kind, count(answer.passed), count(answer.ended)),
            (kind, passed, ended),
            "{steps}"
        );
        assert_eq!(run.outcome(), outcome, "{steps}");
        assert_eq!(run.summary().exit_code, outcome.exit_code(), "{steps}");
    }
}

#[test]
fn what_passed_once_is_told_where_nothing_was_confirmed() {
    let interrupted = run(&["100+ 200+ 400-"], true);
    let answer = &interrupted.summary().answers[0];
    let once = answer.passed_once.map(|load| load.subscribers);
    assert_eq!((answer.kind, once), (CapacityKind::Undecided, Some(200)));
    assert_eq!(interrupted.outcome(), Outcome::Interrupted);
}

/// At some number of subscribers even the least rate is too much.
#[test]
fn a_frontier_may_end() {
    let held = "100+ 100+ 100+";
    assert_eq!(run(&[held, "100-"], false).outcome(), Outcome::Passed);
    assert_eq!(run(&["100-", "100-"], false).outcome(), Outcome::Broken);
    assert_eq!(run(&[], false).outcome(), Outcome::NotMeasurable);
}

#[test]
fn the_document_is_as_its_schema_says_and_reads_back() {
    let schema = serde_json::from_str(&capacity_run_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = assay_results::RunDirectory::create(folder.path()).unwrap();
    let run = run(&["100+ 200- 100+ 100+"], false);
    directory.save_capacity(&run).unwrap();
    let text = std::fs::read_to_string(folder.path().join("run.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    let saved = directory.read().unwrap();
    assert_eq!(saved.run, assay_results::Run::Capacity(Box::new(run)));
    assert_eq!(saved.missing, [""; 0]);
}
