//! HTTP/1.1 by hand, on a kept connection: what a proper client would refuse to send goes out as well.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer: more than the longest wait of the server.
const PATIENCE: Duration = Duration::from_secs(90);

/// How a body is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By its length.
    Length,
    /// In pieces of this size.
    Chunked(usize),
    /// Not at all: the bytes are the whole request, and the connection ends after it.
    Raw,
}

/// A request to the last byte.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub framing: Framing,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    /// Whether it says when to come again.
    pub retry: bool,
    pub body: Vec<u8>,
}

impl Request {
    fn bytes(&self) -> Vec<u8> {
        if self.framing == Framing::Raw {
            return self.body.clone();
        }
        let mut bytes = format!("{} {} HTTP/1.1\r\nhost: attune\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        match self.framing {
            Framing::Chunked(size) => {
                bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
                for chunk in self.body.chunks(size.max(1)) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
            Framing::Length | Framing::Raw => {
                bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
                bytes.extend_from_slice(&self.body);
            }
        }
        bytes
    }
}

/// A connection that is made anew when the server ended it.
pub(crate) struct Wire {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Wire {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends and waits for the answer; `None` if the server ended the connection without one.
    pub(crate) fn exchange(&mut self, request: &Request) -> io::Result<Option<Answer>> {
        let bytes = request.bytes();
        let kept = self.stream.is_some();
        match self.attempt(&bytes, request) {
            // A kept connection may have ended before the request: only a fresh one tells.
            Ok(None) if kept => self.attempt(&bytes, request),
            other => other,
        }
    }

    fn attempt(&mut self, bytes: &[u8], request: &Request) -> io::Result<Option<Answer>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::with_capacity(16 << 10, stream)
            }
        };
        // It may be refused, answered and closed before all of it is sent: the answer tells.
        let sent = stream.get_mut().write_all(bytes).is_ok();
        if request.framing == Framing::Raw {
            let _ended = stream.get_mut().shutdown(std::net::Shutdown::Write);
        }
        match read_answer(&mut stream, request.method == "HEAD") {
            Ok((answer, reusable)) => {
                if sent && reusable && request.framing != Framing::Raw {
                    self.stream = Some(stream);
                }
                Ok(Some(answer))
            }
            Err(error) if waited(&error) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

fn waited(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// One answer, and whether the connection can be used again.
fn read_answer(stream: &mut BufReader<TcpStream>, head_only: bool) -> io::Result<(Answer, bool)> {
    loop {
        let first = line(stream)?;
        let status = first.strip_prefix("HTTP/1.1 ").or_else(|| first.strip_prefix("HTTP/1.0 "));
        let status: u16 = status.and_then(|rest| rest.get(..3)?.parse().ok()).ok_or_else(broken)?;
        let (mut length, mut chunked, mut close, mut endless, mut retry) = (None, false, false, false, false);
        loop {
            let header = line(stream)?;
            let Some((name, value)) = header.split_once(':') else { break };
            let value = value.trim().to_ascii_lowercase();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.parse::<usize>().map_err(|_| broken())?),
                "transfer-encoding" => chunked = value == "chunked",
                "connection" => close = value == "close",
                "retry-after" => retry = value.parse::<u32>().is_ok(),
                "content-type" => endless = value.starts_with("text/event-stream"),
                _ => {}
            }
        }
        if (100..200).contains(&status) {
            continue;
        }
        let mut body = Vec::new();
        if head_only || matches!(status, 204 | 304) {
            return Ok((Answer { status, retry, body }, !close));
        }
        if endless {
            // A stream of events has no end: this client leaves.
            return Ok((Answer { status, retry, body }, false));
        }
        if chunked {
            loop {
                let size = usize::from_str_radix(&line(stream)?, 16).map_err(|_| broken())?;
                let at = body.len();
                body.resize(at + size, 0);
                stream.read_exact(&mut body[at..])?;
                line(stream)?;
                if size == 0 {
                    return Ok((Answer { status, retry, body }, !close));
                }
            }
        }
        match length {
            Some(length) => {
                body.resize(length, 0);
                stream.read_exact(&mut body)?;
                return Ok((Answer { status, retry, body }, !close));
            }
            None => {
                stream.read_to_end(&mut body)?;
                return Ok((Answer { status, retry, body }, false));
            }
        }
    }
}
