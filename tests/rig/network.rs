//! The proxy tears where it says, to the byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tests::http;
use tests::proxy::{Network, Proxy, Way};
use tests::wait::{SOON, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const REPLY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// A server that counts its requests and answers each with [`REPLY`].
async fn server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while stream.read(&mut bytes).await.is_ok_and(|n| n > 0) {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(REPLY.as_bytes()).await;
                }
            });
        }
    });
    (url, served)
}

#[tokio::test]
async fn a_cut_network_refuses_and_a_restored_one_answers() {
    let (url, served) = server().await;
    let proxy = Proxy::before(&url);
    let get = async || http::client().get(proxy.url()).send().await;
    assert_eq!(get().await.unwrap().text().await.unwrap(), "hello");
    proxy.cut();
    assert!(get().await.is_err());
    assert_eq!(served.load(Ordering::SeqCst), 1, "nothing reached the server");
    proxy.restore();
    assert_eq!(get().await.unwrap().text().await.unwrap(), "hello");
}

#[tokio::test]
async fn a_lost_reply_leaves_the_work_done() {
    let (url, served) = server().await;
    let proxy = Proxy::before(&url);
    proxy.cut_after(Way::ToClient, 0);
    assert!(http::client().get(proxy.url()).send().await.is_err());
    assert_eq!(served.load(Ordering::SeqCst), 1, "the server did the work");
    assert_eq!(proxy.network(), Network::Cut);
}

#[tokio::test]
async fn a_reply_is_torn_at_the_byte_that_was_named() {
    let (url, _) = server().await;
    let proxy = Proxy::before(&url);
    proxy.cut_after(Way::ToClient, 20);
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).await.is_ok_and(|n| n == 1) {
        got.push(byte[0]);
    }
    assert_eq!(got, REPLY.as_bytes()[..20]);
    assert_eq!(proxy.passed(Way::ToClient), 20);
}

#[tokio::test]
async fn a_stalled_network_holds_the_request_until_it_is_restored() {
    let (url, served) = server().await;
    let proxy = Proxy::before(&url);
    proxy.stall();
    let address = proxy.url();
    let asking = tokio::spawn(async move { http::client().get(address).send().await });
    let held = tokio::time::timeout(Duration::from_millis(300), async {
        eventually("never", SOON, async || match served.load(Ordering::SeqCst) {
            0 => Err("nothing yet".to_owned()),
            n => Ok(n),
        })
        .await
    });
    assert!(held.await.is_err(), "a byte passed");
    proxy.restore();
    assert!(asking.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_server_may_come_back_elsewhere() {
    let (old, _) = server().await;
    let (new, served) = server().await;
    let proxy = Proxy::before(&old);
    proxy.retarget(&new);
    assert!(http::client().get(proxy.url()).send().await.is_ok());
    assert_eq!(served.load(Ordering::SeqCst), 1);
}
