//! Who is at the desk: a user of the system, and beside it the names that somebody goes by.
//!
//! What the user is, the system says: of this process, or of whoever is at the other end of the
//! control socket. The names are labels that nobody has proven.

use nix::unistd::{Uid, User};
use serde::{Deserialize, Serialize};
use vezne_wire::letters::is_invisible;

/// The longest label, in characters.
const LONGEST: usize = 64;

/// What the kernel has for the login of a process that nobody logged in for.
const NO_LOGIN: u32 = u32::MAX;

/// The names beside a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// What the person calls itself.
    pub name: Option<String>,
    /// The user who logged in, where that is another one: behind sudo, say.
    pub login: Option<String>,
}

impl Operator {
    /// Whoever runs this process, who calls itself so.
    pub fn here(name: Option<String>) -> Self {
        let own = user(Uid::effective());
        let login = login().filter(|login| *login != own);
        Self { name, login }
    }

    /// In the trail, as this process's user.
    pub fn own(&self) -> String {
        self.of(Uid::effective().as_raw())
    }

    /// In the trail, as the user with this id: `vezne (ayse, login mehmet)`.
    pub fn of(&self, uid: u32) -> String {
        let name = self.name.as_deref().map(label);
        let login = self.login.as_deref().map(|login| format!("login {}", label(login)));
        let labels: Vec<String> =
            name.filter(|name| !name.is_empty()).into_iter().chain(login).collect();
        let user = user(Uid::from_raw(uid));
        if labels.is_empty() { user } else { format!("{user} ({})", labels.join(", ")) }
    }
}

/// Whether somebody in the trail is a person, and not only a user whom several may share.
pub fn is_person(operator: &str) -> bool {
    operator.contains(" (")
}

fn user(id: Uid) -> String {
    let found = User::from_uid(id).ok().flatten();
    found.map_or_else(|| format!("uid {id}"), |user| user.name)
}

/// The user who logged in: the kernel's word, which sudo and su leave as it is, or else sudo's.
fn login() -> Option<String> {
    let kept = std::fs::read_to_string("/proc/self/loginuid").ok();
    let id = kept.and_then(|text| text.trim().parse().ok()).filter(|id| *id != NO_LOGIN);
    id.map(|id| user(Uid::from_raw(id))).or_else(|| std::env::var("SUDO_USER").ok())
}

/// A name without what would make it look like another one.
fn label(text: &str) -> String {
    let plain = |letter: &char| {
        let brackets = "(),（），﹙﹚⁽⁾₍₎❨❩⦅⦆".contains(*letter);
        !letter.is_control() && !is_invisible(*letter) && !brackets
    };
    text.trim().chars().filter(plain).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::{Operator, is_person, user};
    use nix::unistd::Uid;

    #[test]
    fn a_user_acts_and_labels_stand_beside_it() {
        let text = |text: &str| Some(text.to_owned());
        for (name, login, expected, person) in [
            (None, None, "root", false),
            (text("ayse"), None, "root (ayse)", true),
            (None, text("mehmet"), "root (login mehmet)", true),
            (text("ayse"), text("mehmet"), "root (ayse, login mehmet)", true),
            (text(" \t"), None, "root", false),
            (text("x), login root (\n"), None, "root (x login root )", true),
            (text("（login root）\u{2028}\u{202e}"), None, "root (login root)", true),
            (text(&"ş".repeat(99)), None, &format!("root ({})", "ş".repeat(64)), true),
        ] {
            let found = Operator { name, login }.of(0);
            assert_eq!((found.as_str(), is_person(&found)), (expected, person));
        }
        assert_eq!(user(Uid::from_raw(4_000_000_000)), "uid 4000000000");
    }
}
