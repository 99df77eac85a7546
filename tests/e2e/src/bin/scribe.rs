//! A program for the tests of the bad disk: does to files what it is told, line by line, and says
//! how that went.

use std::{
    fs::{self, File},
    io::{self, BufRead, Write},
    os::unix::fs::FileExt,
    time::SystemTime,
};

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match obey(&words) {
            Ok(answer) => answer,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => "full".into(),
            Err(error) => error.to_string(),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

fn obey(words: &[&str]) -> io::Result<String> {
    let number = |text: &str| text.parse::<u64>().map_err(io::Error::other);
    match words {
        ["write", path, at, text] => open(path)?.write_all_at(text.as_bytes(), number(at)?)?,
        // Where the descriptor stands, by another call of the system.
        ["put", path, text] => open(path)?.write_all(text.as_bytes())?,
        ["append", path, text] => {
            let mut file = File::options().append(true).open(path)?;
            file.write_all(text.as_bytes())?;
        }
        ["fill", path, count] => {
            let bytes = vec![b'x'; usize::try_from(number(count)?).map_err(io::Error::other)?];
            open(path)?.write_all_at(&bytes, 0)?;
        }
        ["truncate", path, length] => open(path)?.set_len(number(length)?)?,
        ["sync", path] => File::open(path)?.sync_all()?,
        ["rename", from, to] => fs::rename(from, to)?,
        ["remove", path] => fs::remove_file(path)?,
        ["clock"] => return Ok(now().to_string()),
        other => return Err(io::Error::other(format!("what is {other:?}?"))),
    }
    Ok("done".into())
}

fn open(path: &str) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false).open(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test asks what time it is here"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs())
}
