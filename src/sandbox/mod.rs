//! The stateful sandbox.
/// stub
pub struct Handle;
impl Handle {
    /// x
    pub async fn stop(self) {}
    /// x
    pub fn local_addr(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], 4010).into()
    }
}
/// x
#[derive(Default)]
pub struct Options;
/// x
pub fn start(_: tokio::net::TcpListener, _: Options) -> anyhow::Result<Handle> {
    Ok(Handle)
}
