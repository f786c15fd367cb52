//! A TCP proxy between a client and a server: the network, as far as a test can break it.
//!
//! It can refuse (cut), swallow (stall), and tear a connection after an exact number of bytes in one direction, which is
//! how a reply gets lost after the server has done its work. It runs on a thread of its own: a test that blocks its
//! runtime does not stop the network. It knows nothing of HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// All bytes pass.
    Up,
    /// Connections are torn, new ones are closed at once.
    Cut,
    /// Connections stand, and not one byte passes: a phone in a lift.
    Stalled,
}

/// The way of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client: requests.
    ToServer,
    /// From the server: replies.
    ToClient,
}

struct Wires {
    network: watch::Sender<Network>,
    target: watch::Sender<SocketAddr>,
    /// Bytes that passed, and bytes after which the network is cut; by way.
    passed: [AtomicU64; 2],
    limit: [AtomicU64; 2],
}

/// The proxy. Dropping it cuts every connection and frees the port.
pub struct Proxy {
    address: SocketAddr,
    wires: Arc<Wires>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Proxy {
    /// Puts a proxy before a server at `target`, an address or the URL that the server printed.
    ///
    /// # Panics
    /// If `target` is not an address, or loopback has no free port.
    pub fn before(target: &str) -> Self {
        let wires = Arc::new(Wires {
            network: watch::Sender::new(Network::Up),
            target: watch::Sender::new(address_of(target)),
            passed: Default::default(),
            limit: [AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)],
        });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, address) = std::sync::mpsc::channel();
        let of_thread = wires.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
            runtime.block_on(async move {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
                tell.send(listener.local_addr().expect("a bound port is known")).expect("the test waits for it");
                tokio::select! {
                    () = accept(listener, of_thread) => {}
                    _ = stopped => {} // sent or dropped
                }
            });
        });
        Self { address: address.recv().expect("the proxy starts"), wires, _stop: stop }
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tears all connections and takes no new ones.
    pub fn cut(&self) {
        self.wires.network.send_replace(Network::Cut);
    }

    /// Keeps connections open and passes nothing.
    pub fn stall(&self) {
        self.wires.network.send_replace(Network::Stalled);
    }

    /// Heals the network, whatever was wrong with it.
    pub fn restore(&self) {
        for limit in &self.wires.limit {
            limit.store(u64::MAX, Ordering::SeqCst);
        }
        self.wires.network.send_replace(Network::Up);
    }

    /// Lets exactly `bytes` more pass that way, then cuts: 0 loses the whole next reply, 10 tears it in its first line.
    pub fn cut_after(&self, way: Way, bytes: u64) {
        let passed = self.passed(way);
        self.wires.limit[way as usize].store(passed + bytes, Ordering::SeqCst);
    }

    /// How the network is; after [`Self::cut_after`] has struck it is cut.
    pub fn network(&self) -> Network {
        *self.wires.network.borrow()
    }

    /// Bytes that passed that way so far.
    pub fn passed(&self, way: Way) -> u64 {
        self.wires.passed[way as usize].load(Ordering::SeqCst)
    }

    /// Sends new connections to another server: the old one came back on another port.
    pub fn retarget(&self, target: &str) {
        self.wires.target.send_replace(address_of(target));
    }
}

fn address_of(target: &str) -> SocketAddr {
    let bare = target.trim_start_matches("http://").trim_end_matches('/').replace("localhost", "127.0.0.1");
    bare.parse().unwrap_or_else(|why| panic!("{target} is no address: {why}"))
}

async fn accept(listener: TcpListener, wires: Arc<Wires>) {
    while let Ok((client, _)) = listener.accept().await {
        if *wires.network.borrow() == Network::Cut {
            reset(&client);
            continue;
        }
        let wires = wires.clone();
        tokio::spawn(async move {
            let target = *wires.target.borrow();
            let Ok(server) = TcpStream::connect(target).await else {
                reset(&client);
                return;
            };
            for stream in [&client, &server] {
                let _ = stream.set_nodelay(true);
                reset(stream); // from here on an early end is a torn connection, never a tidy goodbye
            }
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let up = pass(from_client, to_server, Way::ToServer, &wires);
            let down = pass(from_server, to_client, Way::ToClient, &wires);
            let mut network = wires.network.subscribe();
            tokio::select! {
                _ = async { tokio::join!(up, down) } => {}
                _ = network.wait_for(|network| *network == Network::Cut) => {}
            }
        });
    }
}

/// Closing it will reset it, as a network that goes away does.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: Way, wires: &Wires) {
    let mut network = wires.network.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => read as u64,
        };
        if network.wait_for(|network| *network != Network::Stalled).await.is_err() {
            break;
        }
        let passed = wires.passed[way as usize].load(Ordering::SeqCst);
        let may = wires.limit[way as usize].load(Ordering::SeqCst).saturating_sub(passed).min(read);
        let bytes = &buffer[..usize::try_from(may).expect("it fits the buffer")];
        if to.write_all(bytes).await.is_err() {
            break;
        }
        wires.passed[way as usize].fetch_add(may, Ordering::SeqCst);
        if may < read {
            let _ = to.flush().await;
            wires.network.send_replace(Network::Cut);
            break;
        }
    }
    let _ = to.shutdown().await;
}
