//! Clients that hold connections by saying little: other clients notice nothing.

use crate::run::command;
use crate::serve::Server;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Connections that each attack opens.
const CONNECTIONS: &str = "1500";
/// Longest that an answer may take meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// Three attacks of `seconds` each on `attune`, the program at that path: slow heads, slow bodies, answers that nobody reads; `None` without the program.
///
/// # Errors
/// If the server stopped answering others, or ended.
pub(crate) fn check(attune: &Path, seconds: u32) -> Result<Option<()>> {
    if !command("slowhttptest")
        .arg("-h")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|_| true)
    {
        return Ok(None);
    }
    let server = Server::start(attune, "slow")?;
    let attacks: [(&str, &[&str], &str); 3] = [
        ("heads", &["-H", "-i", "2"], "/health"),
        ("bodies", &["-B", "-i", "2", "-s", "8192"], "/v1/batch"),
        ("answers", &["-X", "-w", "1", "-y", "4", "-n", "2", "-z", "1"], "/openapi.json"),
    ];
    for (name, options, path) in attacks {
        let mut attack = command("slowhttptest")
            .args(["-c", CONNECTIONS, "-r", "500", "-l", &seconds.to_string(), "-p", "2", "-x", "24"])
            .args(options)
            .args(["-u", &format!("http://{}{path}", server.address)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start slowhttptest")?;
        let end = Instant::now() + Duration::from_secs(u64::from(seconds) + 60);
        let (mut asked, mut slowest) = (0u32, Duration::ZERO);
        let ended = loop {
            if let Some(status) = attack.try_wait()? {
                break status;
            }
            if Instant::now() > end {
                attack.kill()?;
                attack.wait()?;
                bail!("slowhttptest did not end");
            }
            let took = ask(&server.address).with_context(|| format!("while slow {name} came"))?;
            slowest = slowest.max(took);
            asked += 1;
            std::thread::sleep(Duration::from_millis(20));
        };
        println!("slow {name}: {asked} others were answered, the slowest in {} ms", slowest.as_millis());
        if asked < seconds * 5 || slowest > PATIENCE {
            bail!("slow {name} held up the others ({ended})");
        }
    }
    ask(&server.address).context("afterwards")?;
    Ok(Some(()))
}

/// How long somebody else waits for an answer.
fn ask(address: &str) -> Result<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /v1/manifest?site=none HTTP/1.1\r\nhost: attune\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with("HTTP/1.1 401") {
        bail!("answered {:?}", answer.lines().next().unwrap_or_default());
    }
    Ok(began.elapsed())
}
