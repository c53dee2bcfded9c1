//! The database of an installation under test: a file in its directory, or, when VEZNE_TEST_STORE
//! says `postgres`, a fresh database of a real server.

/// Says which store the tests run on.
pub(crate) const VARIABLE: &str = "VEZNE_TEST_STORE";

/// The database of one installation; one of PostgreSQL goes away with it.
pub(crate) struct TestDatabase(Option<vezne_testbed::Database>);

impl TestDatabase {
    /// On the store that the environment names.
    pub(crate) fn fresh() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Ok("postgres") => Self::server(),
            Ok("sqlite") | Err(_) => Self::file(),
            Ok(other) => panic!("{VARIABLE} is {other}, not sqlite or postgres"),
        }
    }

    /// On a file, for tests that look into it.
    pub(crate) const fn file() -> Self {
        Self(None)
    }

    /// On a fresh database of a real server.
    pub(crate) fn server() -> Self {
        Self(Some(vezne_testbed::Database::fresh().expect("a database")))
    }

    /// The URL of a database that is no file.
    pub(crate) fn url(&self) -> Option<&str> {
        self.0.as_ref().map(vezne_testbed::Database::url)
    }
}
