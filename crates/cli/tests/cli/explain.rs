//! `assay explain` says what a check sends, why its rule matters, and what to set where it is broken.

use crate::program::assay;

#[test]
fn a_check_and_a_requirement_say_how_to_repair_them() {
    let check = |name: &str, expected: &[&str]| {
        let ended = assay(&["explain", name]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for part in expected {
            assert!(
                ended.stdout.contains(part),
                "{name}: {part}\n{}",
                ended.stdout
            );
        }
    };
    let audience = [
        "assay hub: `--resource-identifier URL`",
        "Mercure.rocks 1.0: `resource_identifier URL`",
        "a proxy before it: Pass the name that the client used",
    ];
    check("token/aud-mismatch", &audience);
    check("token/aud-mismatch", &["matters: ", "sends: "]);
    check("token.aud.verified", &audience);
    check(
        "0.x/token/signature",
        &["Mercure.rocks 0.x, FrankenPHP: `publisher_jwt KEY ALG`"],
    );
    check(
        "sse.data-line-cr",
        &["no setting of the usual hubs changes it: report it to the authors"],
    );
}
