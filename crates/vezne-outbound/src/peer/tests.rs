use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vezne_core::port::Later;

use super::*;

/// Every name is a server of the public internet. Nothing may connect to it.
struct Public;

impl Resolve for Public {
    fn resolve<'a>(&'a self, _: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(vec![IpAddr::from([8, 8, 8, 8])]) })
    }
}

fn peer(most: usize) -> Peer {
    Peer::with_resolver(Duration::from_secs(5), most, Arc::new(Public)).unwrap()
}

#[tokio::test]
async fn a_secret_does_not_cross_the_internet_in_plain_text() {
    for url in ["http://bank.test/api", "http://8.8.8.8/api"] {
        let error = peer(10).post(url, None, Vec::new()).await.unwrap_err();
        assert!(error == PeerError::PlainText && error.is_unsent(), "{url}");
        assert!(!error.may_pass(), "{url}");
    }
    for url in ["ftp://bank.test/", "http://169.254.169.254/", "nonsense"] {
        let error = peer(10).post(url, None, Vec::new()).await.unwrap_err();
        assert!(matches!(error, PeerError::Destination(_)), "{url}: {error}");
    }
    let token = SecretText::new("a\nb");
    let error = peer(10).post("https://bank.test/", Some(&token), Vec::new()).await.unwrap_err();
    assert_eq!(error, PeerError::Token);
}

#[tokio::test]
async fn this_machine_is_called_by_http_and_its_answer_is_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut heads = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap();
            heads.push(String::from_utf8_lossy(&head[..read]).into_owned());
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
            let answer = [head, &" ".repeat(100_000)].concat();
            // A reader that has had enough hangs up.
            drop(stream.write_all(answer.as_bytes()).await);
        }
        heads
    });
    let token = SecretText::new("t1");
    let whole = peer(100_000).post(&url, Some(&token), b"{}".to_vec()).await.unwrap();
    assert_eq!((whole.status, whole.body.map(|body| body.len())), (200, Ok(100_000)));
    let cut = peer(99_999).post(&url, None, b"{}".to_vec()).await.unwrap();
    assert_eq!(cut.body, Err("the answer is longer than 99999 bytes".to_owned()));
    let heads = server.await.unwrap();
    assert!(heads[0].contains("authorization: Bearer t1"), "{}", heads[0]);
    assert!(!heads[1].contains("authorization"), "{}", heads[1]);
}
