//! The browser is 390 pixels wide where it says so, and a page's scripts can be off.

use tests::browser::{Browser, Scripts};
use tests::wait::{SOON, eventually};
use thirtyfour::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const PAGE: &str = "<!doctype html><meta name=viewport content=\"width=device-width\"><title>t</title>\
    <p id=w>plain</p><form method=post><input name=a><button>Send</button></form>\
    <script>document.getElementById('w').textContent = 'wide ' + innerWidth</script>";

/// Serves [`PAGE`] and answers a form with what it carried.
async fn server() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = vec![0; 16 * 1024];
                let mut n = stream.read(&mut bytes).await.unwrap_or(0);
                // A browser sends a form's head and body apart.
                while bytes.starts_with(b"POST") && !String::from_utf8_lossy(&bytes[..n]).contains("a=") {
                    match stream.read(&mut bytes[n..]).await {
                        Ok(0) | Err(_) => return,
                        Ok(more) => n += more,
                    }
                }
                let request = String::from_utf8_lossy(&bytes[..n]).into_owned();
                let sent = request.split("\r\n\r\n").nth(1).filter(|body| !body.is_empty());
                let body = sent.map_or(PAGE.to_owned(), |sent| format!("<p id=w>got {sent}</p>"));
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close";
                let _ = stream
                    .write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes())
                    .await;
            });
        }
    });
    url
}

async fn text(browser: &Browser) -> String {
    browser.page().find(By::Id("w")).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_phones_browser_is_390_pixels_wide() {
    let url = server().await;
    let browser = Browser::phone(Scripts::On).await;
    browser.page().goto(&url).await.unwrap();
    assert_eq!(text(&browser).await, "wide 390");
}

#[tokio::test]
async fn without_scripts_a_page_stays_plain_and_a_form_still_sends() {
    let url = server().await;
    let browser = Browser::phone(Scripts::Off).await;
    browser.page().goto(&url).await.unwrap();
    assert_eq!(text(&browser).await, "plain");
    browser.page().find(By::Name("a")).await.unwrap().send_keys("sofa").await.unwrap();
    browser.page().find(By::Tag("button")).await.unwrap().click().await.unwrap();
    // An element of the page that is being left goes stale between finding and reading it: each try looks anew.
    eventually("the form's answer", SOON, async || {
        let found = browser.page().find(By::Id("w")).await.map_err(|error| error.to_string())?;
        let text = found.text().await.map_err(|error| error.to_string())?;
        if text == "got a=sofa" { Ok(()) } else { Err(text) }
    })
    .await;
}
