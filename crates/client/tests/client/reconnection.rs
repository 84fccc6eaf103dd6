use std::time::Duration;

use assay_client::Reconnection;

fn delays_ms(reconnection: &mut Reconnection, random: u32, count: usize) -> Vec<u128> {
    (0..count)
        .map(|_| reconnection.next_delay(random).as_millis())
        .collect()
}

#[test]
fn failures_back_off_and_success_starts_over() {
    let mut reconnection = Reconnection::new();
    assert_eq!(
        delays_ms(&mut reconnection, 0, 7),
        [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    );
    reconnection.succeeded();
    assert_eq!(delays_ms(&mut reconnection, u32::MAX, 2), [1500, 3000]);
    for _ in 0..300 {
        assert!(reconnection.next_delay(u32::MAX) <= Duration::from_secs(45));
    }
}

#[test]
fn the_hub_sets_the_time_within_bounds() {
    let mut reconnection = Reconnection::new();
    reconnection.set_time_ms(0);
    assert_eq!(delays_ms(&mut reconnection, 0, 3), [0, 200, 400]);
    reconnection.succeeded();
    reconnection.set_time_ms(60_000);
    assert_eq!(delays_ms(&mut reconnection, 0, 2), [60_000, 60_000]);
    reconnection.set_time_ms(u64::MAX);
    assert_eq!(reconnection.next_delay(0), Duration::from_hours(1));
}
