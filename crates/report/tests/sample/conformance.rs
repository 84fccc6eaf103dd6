//! A hub with a few faults, in both dialects.

use assay_results::*;

const AREAS: [&str; 4] = ["anonymous", "authorization", "cors", "reconnection"];

/// `faults` puts some of every verdict among the passes.
pub(crate) fn results(faults: bool) -> ConformanceResults {
    let mut rows = Vec::new();
    for dialect in [Dialect::V1, Dialect::V0] {
        for (area_index, area) in AREAS.into_iter().enumerate() {
            for index in 0..12 + 7 * area_index {
                rows.push(row(dialect, area, index, Verdict::Pass));
            }
        }
    }
    if faults {
        spoil(&mut rows);
    }
    let transcripts = rows
        .iter()
        .filter(|row| row.verdict.wants_attention())
        .map(|row| Transcript {
            check: row.check.clone(),
            text: "0.000 > GET /.well-known/mercure HTTP/1.1\n".to_owned(),
        })
        .collect();
    ConformanceResults {
        run: ConformanceRun::new(record(rows)),
        transcripts,
    }
}

fn spoil(rows: &mut [VerdictRow]) {
    rows[1].verdict = Verdict::Note;
    rows[14].verdict = Verdict::Unsupported;
    rows[40].verdict = Verdict::Inconclusive;
    rows[40] = VerdictRow {
        observed: "control failed: the good request before the bad one was answered 503".to_owned(),
        ..rows[40].clone()
    };
    rows[60].verdict = Verdict::Warn;
    rows[60].level = Level::Should;
    rows[15] = VerdictRow {
        verdict: Verdict::Fail,
        check: "token/aud-mismatch".to_owned(),
        requirement: "token.aud.must-match".to_owned(),
        sent: "GET /.well-known/mercure?match=https%3A%2F%2Fexample.com%2Ft%2F<uuid>\n\
            Authorization: Bearer <token: aud=https://other.example>"
            .to_owned(),
        expected: "401 with WWW-Authenticate: Bearer error=\"invalid_token\"".to_owned(),
        observed: "200 text/event-stream; and the private update \"<script>x</script> & co\" came".to_owned(),
        difference: Some(Difference {
            of: "content-type".to_owned(),
            expected: "application/json".to_owned(),
            came: "application/jsom\n".to_owned(),
        }),
        why: "A token is for the resource servers that its aud names; a hub that takes any token can be opened with one \
            that was stolen elsewhere."
            .to_owned(),
        ..rows[15].clone()
    };
    rows[100].verdict = Verdict::Flaky;
    for row in rows {
        row.repro = row.verdict.wants_attention().then(|| {
            "#!/bin/sh\n# The hub must refuse a token whose audience is another resource.\nTOKEN=$(assay token --audience https://other.example --subscribe '*')\ncurl -i -H \"Authorization: Bearer $TOKEN\" \"$HUB?match=https://example.com/t/1\"\n".to_owned()
        });
    }
}

fn row(dialect: Dialect, area: &str, index: usize, verdict: Verdict) -> VerdictRow {
    VerdictRow {
        check: format!(
            "{area}/rule-{index}-{}",
            if dialect == Dialect::V1 { "v1" } else { "v0" }
        ),
        requirement: format!("{area}.rule-{index}"),
        level: if index.is_multiple_of(3) {
            Level::MustNot
        } else {
            Level::Must
        },
        verdict,
        expected: "200 text/event-stream".to_owned(),
        observed: "200 text/event-stream".to_owned(),
        repro: None,
        difference: None,
        section: "Token Validation".to_owned(),
        area: area.to_owned(),
        dialect,
        sent: "GET /.well-known/mercure".to_owned(),
        duration_ms: 40 + index as u64,
        why: "So that a client can rely on it.".to_owned(),
    }
}

fn record(verdicts: Vec<VerdictRow>) -> ConformanceRecord {
    let step = |name: &str, detail: &str| PreflightStep {
        name: name.to_owned(),
        dialect: None,
        outcome: StepOutcome::Ok,
        detail: detail.to_owned(),
    };
    let mut coverage: Vec<Coverage> = verdicts
        .iter()
        .map(|row| Coverage {
            requirement: row.requirement.clone(),
            dialect: row.dialect,
            level: row.level,
            section: row.section.clone(),
            status: CoverageStatus::Checked {
                check: row.check.clone(),
            },
        })
        .collect();
    coverage.push(Coverage {
        requirement: "encryption.jwe".to_owned(),
        dialect: Dialect::V1,
        level: Level::Should,
        section: "Encryption".to_owned(),
        status: CoverageStatus::Reason {
            reason: "a matter of publisher and subscriber alone".to_owned(),
        },
    });
    ConformanceRecord {
        subject: Subject::Hub,
        partial: None,
        fail_on: FailOn::Must,
        baseline: None,
        seed: 11,
        duration_ms: 6_120,
        target: super::target(&[Dialect::V1, Dialect::V0]),
        environment: super::environment("assay check"),
        preflight: vec![
            step("tcp", "connected in 0.2 ms"),
            step("token: audience", "accepted"),
        ],
        features: vec![Feature {
            name: "history".to_owned(),
            dialect: Dialect::V1,
            state: FeatureState::Present,
            evidence: "a canary was replayed".to_owned(),
        }],
        verdicts,
        coverage,
        notes: vec!["The hub answers OPTIONS on every path.".to_owned()],
    }
}
