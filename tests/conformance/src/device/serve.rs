//! A device as a process, which the judge tells what to do.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Stdout},
    sync::{Mutex, Notify},
};

use super::Device;
use crate::protocol::{Says, Told};

/// Is the device that its input tells it to be, until that ends.
///
/// # Errors
/// If it is told what it does not know.
pub async fn serve() -> io::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let stdout = Arc::new(Mutex::new(tokio::io::stdout()));
    let changed = Arc::new(Notify::new());
    let (out, news) = (Arc::clone(&stdout), Arc::clone(&changed));
    tokio::spawn(async move {
        loop {
            news.notified().await;
            if say(&out, &Says::Changed).await.is_err() {
                return;
            }
        }
    });
    let mut device = None;
    while let Some(line) = lines.next_line().await? {
        let told = serde_json::from_str(&line).map_err(io::Error::other)?;
        let answer = match (told, &mut device) {
            (Told::Be(spec), _) => {
                device = Some(Device::new(spec, Arc::clone(&changed)));
                continue;
            }
            (Told::Call(call), Some(device)) => match device.call(call).await {
                Ok(done) => Says::Done(done),
                Err(refusal) => Says::Failed(refusal),
            },
            (Told::Look, Some(device)) => match device.look().await {
                Ok(shown) => Says::Shown(Box::new(shown)),
                Err(refusal) => Says::Failed(refusal),
            },
            (Told::Call(_) | Told::Look, None) => {
                return Err(io::Error::other("it was not told whose it is"));
            }
        };
        say(&stdout, &answer).await?;
    }
    Ok(())
}

async fn say(stdout: &Mutex<Stdout>, says: &Says) -> io::Result<()> {
    let mut line = serde_json::to_string(says)?;
    line.push('\n');
    let mut stdout = stdout.lock().await;
    stdout.write_all(line.as_bytes()).await?;
    stdout.flush().await
}
