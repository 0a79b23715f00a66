//! Opening ports on loopback.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr},
};

use tokio::net::TcpListener;

use super::StartError;

/// How often a free port is looked for: one may be free for IPv4 and taken for IPv6.
const TRIES: usize = 8;

/// Opens the port `wanted` and no other, 0 for any free one; without a wish `preferred`, or a free one if that is taken.
pub(super) async fn bind(wanted: Option<u16>, preferred: u16) -> Result<Vec<TcpListener>, StartError> {
    let mut tries = match wanted {
        Some(0) => vec![0; TRIES],
        Some(port) => vec![port],
        None => {
            let mut tries = vec![0; TRIES];
            tries[0] = preferred;
            tries
        }
    };
    let last = tries.pop().expect("there is at least one try");
    for port in tries {
        if let Ok(sockets) = bind_both(port).await {
            return Ok(sockets);
        }
    }
    bind_both(last).await.map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(last),
        io::ErrorKind::PermissionDenied => StartError::PortReserved(last),
        _ => StartError::Listen(why),
    })
}

/// Opens the port on both loopback addresses: `localhost` may mean either. A machine without IPv6 does with one, but a port
/// that somebody else has on `[::1]` is taken, or browsers would ask them.
async fn bind_both(port: u16) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = first.local_addr()?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(second) => Ok(vec![first, second]),
        Err(why) if why.kind() == io::ErrorKind::AddrInUse => Err(why),
        Err(_) => Ok(vec![first]),
    }
}
