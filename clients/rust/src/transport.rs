//! One call, tried again where that can do no harm: with the same Idempotency-Key it is still one call.

use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt as _, rngs::StdRng};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Options;
use crate::error::{Error, Problem};

/// Where the calls go, and with what.
pub(crate) struct Transport {
    http: Client,
    url: String,
    key: HeaderValue,
    tries: u32,
    patience: Duration,
}

impl Transport {
    pub(crate) fn new(url: &str, api_key: &str, options: &Options) -> Result<Self, Error> {
        let wrong = |what: &str| Error::BadAnswer(what.to_owned());
        let mut key =
            HeaderValue::from_str(&format!("Bearer {api_key}")).map_err(|_| wrong("the API key is no key"))?;
        key.set_sensitive(true);
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| wrong("TLS cannot be set up"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(options.timeout)
            .build()
            .map_err(|_| wrong("TLS cannot be set up"))?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { http, url, key, tries: options.tries.max(1), patience: options.patience })
    }

    /// Asks without changing anything.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        read(&self.call(Method::GET, path, &()).await?)
    }

    /// Changes something; gives what is answered.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        read(&self.call(method, path, body).await?)
    }

    /// One call in as many tries as it takes; gives the body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &impl Serialize) -> Result<String, Error> {
        let asks = method == Method::GET;
        let body = serde_json::to_string(body).map_err(|error| Error::BadAnswer(error.to_string()))?;
        let mut rng: StdRng = rand::make_rng();
        let once: [u8; 18] = rng.random();
        let once = data_encoding::BASE64URL_NOPAD.encode(&once);
        let address = format!("{}{path}", self.url);
        for turn in 1_u32.. {
            let mut request = self.http.request(method.clone(), &address).header(AUTHORIZATION, &self.key);
            if !asks {
                request = request.header("Idempotency-Key", &once).header(CONTENT_TYPE, "application/json");
                request = request.body(body.clone());
            }
            // Drawn out at random, so that many callers do not come back at the same moment.
            let mut wait = Duration::from_millis(100 * 4_u64.pow(turn - 1)).mul_f64(rng.random_range(0.5..1.5));
            let sent = request.send().await;
            match answered(sent).await {
                Ok(text) => return Ok(text),
                Err(Error::Refused { status, problem }) => {
                    let away = problem.code == "unavailable";
                    let passes = away || (status == 429 && problem.retry_after.is_some());
                    let asked = Duration::from_secs(problem.retry_after.unwrap_or(0));
                    if !passes || turn >= self.tries || asked > self.patience {
                        let refused = Error::Refused { status, problem };
                        return Err(if away { Error::Unreachable(refused.to_string()) } else { refused });
                    }
                    wait = wait.max(asked);
                }
                Err(Error::Unreachable(_)) if turn < self.tries => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(wait).await;
        }
        Err(Error::Unreachable(address))
    }
}

/// The body of a success; anything else as the error it is.
async fn answered(sent: Result<Response, reqwest::Error>) -> Result<String, Error> {
    let away = |error: reqwest::Error| Error::Unreachable(error.to_string());
    let answer = sent.map_err(away)?;
    let status = answer.status();
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let place = format!("{} answered {} {kind}", answer.url(), status.as_u16());
    let text = answer.text().await.map_err(away)?;
    if status.is_success() {
        return Ok(text);
    }
    if kind.split(';').next() == Some("application/problem+json")
        && let Ok(problem) = serde_json::from_str::<Problem>(&text)
    {
        return Err(Error::Refused { status: status.as_u16(), problem: Box::new(problem) });
    }
    Err(match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Error::Unreachable(place)
        }
        _ => Error::BadAnswer(place),
    })
}

/// Reads a success. What cannot be read is not told: there may be secrets in it.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|fault| Error::BadAnswer(format!("a success that cannot be read, at column {}", fault.column())))
}
