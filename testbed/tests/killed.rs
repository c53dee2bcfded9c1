//! A process that is killed leaves no server behind.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use vezne_testbed::{Options, Server};

/// Set for the process that is killed, which is this test once more.
const VICTIM: &str = "TESTBED_VICTIM";

/// Starts a server with a frozen standby, says where they are, and waits for its end.
#[test]
fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let server = Server::start(&Options::default()).expect("a server");
    let standby = server.standby("second", &Options::default()).expect("a standby");
    standby.freeze().expect("frozen");
    for server in [&server, &standby] {
        println!("\nserver {} {}", server.port(), server.data().display());
    }
    std::thread::sleep(Duration::from_secs(60));
}

fn spawn() -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "victim", "--nocapture"]).env(VICTIM, "1");
    command.stdout(Stdio::piped()).spawn().expect("this program runs")
}

#[test]
fn nothing_is_left_behind() {
    let mut victim = spawn();
    let lines = BufReader::new(victim.stdout.take().expect("piped")).lines();
    let lines = lines.map(|line| line.expect("text")).filter(|line| line.starts_with("server "));
    let lines: Vec<String> = lines.take(2).collect();
    victim.kill().and_then(|()| victim.wait()).expect("killed");
    for line in lines {
        let mut words = line.split(' ').skip(1);
        let port: u16 = words.next().expect("a port").parse().expect("a number");
        let data = Path::new(words.next().expect("a folder"));
        let folder = data.parent().expect("its home");
        let is_gone =
            || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() && !folder.exists();
        let looks = (0..2_000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            is_gone()
        });
        assert!(looks, "{line} is still there");
    }
}
