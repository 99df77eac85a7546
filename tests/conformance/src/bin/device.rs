//! A device as a process, for scenarios that kill one. It is told what to do on its input.

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    causerie_conformance::seat::serve().await
}
