//! A server to talk to: the one that has the data folder, or one of our own.

use super::CommonArgs;
use crate::data::{self, Contact, DataDir};
use crate::server::Server;
use anyhow::{Context, bail};
use attune_schema::api::ErrorBody;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

/// How long to wait for a server that is just starting or stopping.
const PATIENCE: Duration = Duration::from_secs(15);

/// A small client of the JSON API.
pub struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// A client and, if nobody else has the data folder, the server it talks to.
pub struct Attached {
    /// Talks to the server.
    pub client: Client,
    own: Option<Server>,
}

impl Attached {
    /// Finds or starts a server for the data folder. Whether one runs is told by the lock alone, so a
    /// `server.json` left by a crash misleads nobody.
    ///
    /// # Errors
    /// If none can be found or started.
    pub async fn open(common: &CommonArgs) -> anyhow::Result<Self> {
        let started = Instant::now();
        loop {
            if let Some(data) = DataDir::lock(&common.data).context("data folder")? {
                let config = common.config(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
                let server = Server::start_locked(&config, data).await?;
                let client = Client::new(&Contact { address: server.address, token: server.token.clone() })?;
                return Ok(Self { client, own: Some(server) });
            }
            if let Ok(contact) = data::contact(&common.data) {
                let client = Client::new(&contact)?;
                if client.get::<serde_json::Value>("/health").await.is_ok() {
                    return Ok(Self { client, own: None });
                }
            }
            if started.elapsed() > PATIENCE {
                bail!("another attune process has the data folder and does not answer");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The server that has the data folder; none is started.
    ///
    /// # Errors
    /// If none announced itself there.
    pub fn running(common: &CommonArgs) -> anyhow::Result<Client> {
        let found = data::contact(&common.data);
        Client::new(&found.with_context(|| format!("no server runs on {}", common.data.display()))?)
    }

    /// Stops the server if it is our own.
    pub async fn close(self) {
        if let Some(server) = self.own {
            server.stop().await;
        }
    }
}

impl Client {
    fn new(contact: &Contact) -> anyhow::Result<Self> {
        // A server that listens everywhere is reached here.
        let mut address = contact.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(120)).build()?;
        Ok(Self { base: format!("http://{address}"), token: contact.token.clone(), http })
    }

    /// `GET`, answered with a `T`.
    ///
    /// # Errors
    /// What the server says, or that it does not answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        Ok(serde_json::from_slice(&self.send(Method::GET, path, None::<&()>).await?)?)
    }

    /// `POST` of a `B`, answered with a `T`.
    ///
    /// # Errors
    /// What the server says, or that it does not answer.
    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> anyhow::Result<T> {
        Ok(serde_json::from_slice(&self.send(Method::POST, path, Some(body)).await?)?)
    }

    /// [`Client::post`] of what may take hours.
    ///
    /// # Errors
    /// What the server says, or that it does not answer.
    pub async fn post_patiently<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> anyhow::Result<T> {
        let request = self.request(Method::POST, path, Some(body)).timeout(Duration::from_secs(7 * 86_400));
        Ok(serde_json::from_slice(&Self::answer(request).await?)?)
    }

    /// `GET` into a file, piece by piece; its length in bytes. A file that was cut short is an error.
    ///
    /// # Errors
    /// What the server says, that it does not answer, or that the file cannot be written.
    pub async fn download(
        &self,
        path: &str,
        query: &[(&str, String)],
        to: &std::path::Path,
    ) -> anyhow::Result<u64> {
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.base), query)?;
        let request = self.http.get(url).bearer_auth(&self.token).timeout(Duration::from_secs(7 * 86_400));
        let mut response = request.send().await.context("the server does not answer")?;
        if !response.status().is_success() {
            let status = response.status();
            return Err(refusal(status, &response.bytes().await?));
        }
        let mut file = tokio::fs::File::create(to).await?;
        let mut bytes = 0;
        while let Some(piece) = response.chunk().await.context("the file was cut short")? {
            file.write_all(&piece).await?;
            bytes += piece.len() as u64;
        }
        file.flush().await?;
        Ok(bytes)
    }

    /// `PATCH` of a `B`, answered with a `T`.
    ///
    /// # Errors
    /// What the server says, or that it does not answer.
    pub async fn patch<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> anyhow::Result<T> {
        Ok(serde_json::from_slice(&self.send(Method::PATCH, path, Some(body)).await?)?)
    }

    /// Sends a request whose answer has no body.
    ///
    /// # Errors
    /// What the server says, or that it does not answer.
    pub async fn tell<B: Serialize>(&self, method: Method, path: &str, body: &B) -> anyhow::Result<()> {
        self.send(method, path, Some(body)).await.map(|_| ())
    }

    /// Returns once everything durable can be asked about.
    ///
    /// # Errors
    /// What the server says, or that it does not answer.
    pub async fn flush(&self) -> anyhow::Result<attune_schema::api::Ledger> {
        Ok(serde_json::from_slice(&self.send(Method::POST, "/api/flush", None::<&()>).await?)?)
    }

    async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> anyhow::Result<bytes::Bytes> {
        Self::answer(self.request(method, path, body)).await
    }

    fn request<B: Serialize>(&self, method: Method, path: &str, body: Option<&B>) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<bytes::Bytes> {
        let response = request.send().await.context("the server does not answer")?;
        let status = response.status();
        let bytes = response.bytes().await?;
        if status.is_success() { Ok(bytes) } else { Err(refusal(status, &bytes)) }
    }
}

/// What the server says is wrong.
fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(error) => anyhow::anyhow!("{}", error.message),
        Err(_) => anyhow::anyhow!("the server answered {status}"),
    }
}
