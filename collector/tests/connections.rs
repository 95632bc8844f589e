//! Hostile connections, on a real port: they end, and the others notice nothing.

mod common;

use attune_collector::Server;
use attune_collector::config::Config;
use rustix::net::{AddressFamily, SocketType};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const SOON: Duration = Duration::from_secs(10);

async fn start(dir: &Path, change: impl FnOnce(&mut Config)) -> Server {
    let mut config = common::config(dir);
    config.warehouse_url = Some("http://127.0.0.1:1".to_owned());
    config.connections.head = Duration::from_millis(400);
    change(&mut config);
    Server::start(&config).await.unwrap()
}

/// A connection from one of this machine's own addresses, 127.0.0.`host`.
fn connect(host: u8, to: SocketAddr) -> TcpStream {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0))).unwrap();
    rustix::net::connect(&socket, &to).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// What comes until the other side ends the connection.
fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end, too.
    let _reset = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn healthy(host: u8, to: SocketAddr) -> bool {
    let mut stream = connect(host, to);
    let _reset = stream.write_all(HEALTH);
    rest(&mut stream).starts_with("HTTP/1.1 200")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_requests_end_and_hinder_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), |_| {}).await;
    let address = server.address;
    tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        let mut slow: Vec<TcpStream> = (0..200).map(|_| connect(2, address)).collect();
        for (index, stream) in slow.iter_mut().enumerate() {
            // Nothing at all, half a line, half a head.
            let part: &[u8] =
                [&b""[..], b"POST /v1/ba", b"POST /v1/batch HTTP/1.1\r\nhost: a\r\nx-a: "][index % 3];
            stream.write_all(part).unwrap();
        }
        assert!(healthy(1, address), "while 200 others say nothing");
        for stream in &mut slow {
            assert!(!rest(stream).contains("HTTP/1.1 2"));
        }
        assert!(began.elapsed() < SOON, "all of them were ended, none of them waited out");

        // A byte now and then is no request either.
        let mut drip = connect(2, address);
        let mut sent = 0;
        while drip
            .write_all(&b"GET /health HTTP/1.1\r\nx-long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"[sent..][..1])
            .is_ok()
        {
            std::thread::sleep(Duration::from_millis(50));
            sent += 1;
            assert!(sent < 40, "a dripping client is ended");
        }

        let mut idle = connect(2, address);
        idle.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert!(rest(&mut idle).starts_with("HTTP/1.1 200"), "answered, then ended for saying no more");
        assert!(began.elapsed() < SOON);
    })
    .await
    .unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_cannot_take_every_connection() {
    let dir = tempfile::tempdir().unwrap();
    let limited = |config: &mut Config| {
        config.connections.by_address = 5;
        config.connections.head = SOON;
        config.trusted_proxies = vec!["127.0.0.3/32".parse().unwrap()];
    };
    let server = start(dir.path(), limited).await;
    let (address, app) = (server.address, server.app().clone());
    tokio::task::spawn_blocking(move || {
        let held: Vec<TcpStream> = (0..5).map(|_| connect(2, address)).collect();
        let mut sixth = connect(2, address);
        assert_eq!(rest(&mut sixth), "", "closed at once");
        assert!(healthy(1, address), "another address");
        let _proxied: Vec<TcpStream> = (0..6).map(|_| connect(3, address)).collect();
        assert!(healthy(3, address), "a proxy stands for many");
        assert!(app.metrics.render(&[]).contains("\nattune_connections_refused_total 1\n"));
        drop(held);
        let end = Instant::now() + SOON;
        while !healthy(2, address) {
            assert!(Instant::now() < end, "what was given back can be used again");
        }
    })
    .await
    .unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_without_end_and_requests_that_contradict_themselves_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), |config| config.connections.head = SOON).await;
    let address = server.address;
    tokio::task::spawn_blocking(move || {
        let mut endless = connect(1, address);
        let line = format!("x-{}: {}\r\n", "a".repeat(100), "b".repeat(8_000));
        let mut head = b"GET /health HTTP/1.1\r\nhost: a\r\n".to_vec();
        for _ in 0..40 {
            head.extend_from_slice(line.as_bytes());
        }
        // It may be answered and reset before all of it is sent.
        let _reset = endless.write_all(&head);
        assert!(!rest(&mut endless).contains("HTTP/1.1 200"));

        for head in [
            "POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
            "POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
            "POST /v1/batch HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
            "\0\x01\x02\x03\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
        ] {
            let mut stream = connect(1, address);
            stream.write_all(head.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let answer = rest(&mut stream);
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{head:?}: {answer}");
        }
        assert!(healthy(1, address));
    })
    .await
    .unwrap();
    server.stop().await;
}
