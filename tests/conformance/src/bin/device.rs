//! A device as a process, for scenarios that kill one, and to judge it as a program of another
//! language is judged.

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    causerie_conformance::device::serve().await
}
