use super::{Config, SAMPLE};

fn check(file: &str, environment: &[(&str, &str)], expected: Result<(), &str>) {
    let pairs = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    match (Config::from_parts(file, pairs), expected) {
        (Ok(_), Ok(())) => {}
        (Err(why), Err(part)) if why.contains(part) => {}
        (found, expected) => {
            panic!("{file} {environment:?}: {:?} instead of {expected:?}", found.map(|_| ()));
        }
    }
}

#[test]
fn the_sample_is_the_defaults() {
    check(SAMPLE, &[], Ok(()));
    let config = Config::from_parts("", []).expect("the defaults make sense");
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
}

#[test]
fn what_is_not_known_stops_the_start() {
    check("[server]\nlisten = \"0.0.0.0:80\"", &[], Ok(()));
    check("[server]\nlissten = \"0.0.0.0:80\"", &[], Err("lissten"));
    check("[servers]\n", &[], Err("servers"));
    check("[server]\nlisten = 80", &[], Err("listen"));
    check("[engine]\nqueue = 0", &[], Err("engine.queue"));
    check("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]", &[], Err("trusted_proxies"));
    check("[retention]\ncallback_days = 0", &[], Err("retention.callback_days"));
    check("[retention]\nmost_idle_proofs_per_merchant = -1", &[], Err("most_idle_proofs"));
    check("not toml", &[], Err("expected"));
}

#[test]
fn a_callback_is_not_claimed_for_longer_than_a_merchant_may_wait() {
    let lease = |text: &str| {
        let config = Config::from_parts(text, []).expect("it makes sense");
        config.callbacks.lease().as_secs()
    };
    // Half a second for each of 512 turns of two threads, 20 seconds outside, and a tenth to book.
    assert_eq!(lease(""), 306);
    assert_eq!(lease("[callbacks]\nconcurrency = 8"), 90);
    assert_eq!(lease("[callbacks]\nhash_threads = 8"), 93);
    check("[callbacks]\nconcurrency = 20000", &[], Err("callbacks.hash_threads"));
    check("[callbacks]\nconcurrency = 20000\nhash_threads = 16", &[], Ok(()));
    check("[callbacks]\ntotal_timeout_seconds = 18446744073709551615", &[], Err("too large"));
    check("[callbacks]\ntotal_timeout_seconds = 9223372036854775807", &[], Err("hash_threads"));
}

#[test]
fn the_environment_overrides() {
    let set = [("VEZNE_SERVER_LISTEN", "127.0.0.1:1"), ("VEZNE_ENGINE_QUEUE", "7")];
    let pairs = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::from_parts("[engine]\nqueue = 9", pairs).expect("it makes sense");
    assert_eq!((config.server.listen.port(), config.engine.queue), (1, 7));
    check("", &[("VEZNE_SERVER_TRUSTED_PROXIES", "[\"10.0.0.0/8\"]")], Ok(()));
    check("", &[("VEZNE_SERVER_LISSTEN", "x")], Err("VEZNE_SERVER_LISSTEN"));
    check("", &[("VEZNE_ENGINE_QUEUE", "many")], Err("VEZNE_ENGINE_QUEUE"));
    check("", &[("VEZNE_MASTER_KEY", "abc")], Ok(()));
}
