//! A PostgreSQL server for one test run, from Debian's package if it is installed.

use crate::run::{command, output, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where Debian puts the programs, one folder a version.
const PROGRAMS: &str = "/usr/lib/postgresql";
/// The account that Debian's package makes; the server refuses to be run by root.
const USER: &str = "postgres";

/// Ends with its data when dropped.
pub(crate) struct Postgres {
    server: Child,
    dir: PathBuf,
    port: u16,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Fast shutdown: it ends its own processes, which a kill would leave.
        let _gone = command("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _status = self.server.wait();
        let _gone = fs::remove_dir_all(&self.dir);
    }
}

impl Postgres {
    /// Starts a server with an empty data folder on a free port of this machine; `None` if there is no package.
    pub(crate) fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let dir = std::env::temp_dir().join(format!("attune-postgres-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        if is_root()? {
            let id =
                |what: &str| -> Result<u32> { Ok(output(command("id").args([what, USER]))?.trim().parse()?) };
            chown(&dir, Some(id("-u")?), Some(id("-g")?))?;
        }
        run(as_user(&programs.join("initdb"))?
            .args(["--no-sync", "--auth=trust", "--username=attune", "--pgdata"])
            .arg(&dir)
            .stdout(Stdio::null()))?;
        let mut server = as_user(&programs.join("postgres"))?;
        server.arg("-D").arg(&dir).arg("-p").arg(port.to_string()).arg("-k").arg(&dir);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        let server =
            server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("cannot start postgres")?;
        let mut postgres = Self { server, dir, port };
        let end = Instant::now() + Duration::from_secs(30);
        // It answers a little after it listens: the tests' first connection waits for that.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if postgres.server.try_wait()?.is_some() || Instant::now() > end {
                bail!("PostgreSQL did not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Some(postgres))
    }

    /// `postgres://user@host:port`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://attune@127.0.0.1:{}", self.port)
    }
}

/// The newest version's programs.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir(PROGRAMS).ok()?.flatten().map(|entry| entry.path());
    let newest = versions.filter(|path| version(path).is_some()).max_by_key(version)?.join("bin");
    newest.join("initdb").is_file().then_some(newest)
}

fn is_root() -> Result<bool> {
    Ok(output(command("id").arg("-u"))?.trim() == "0")
}

fn as_user(program: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(program).current_dir("/");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_starts_answers_and_leaves_nothing() {
        // Without the package there is nothing to start, and the layer says so.
        let Some(server) = Postgres::start().unwrap() else { return };
        let (port, dir) = (server.port, server.dir.clone());
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        drop(server);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        assert!(!dir.exists());
    }
}
