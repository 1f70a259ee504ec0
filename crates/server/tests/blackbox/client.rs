//! A browser, as far as the server can tell: HTTP over a real socket and a cookie jar of its own.
//!
//! The jar is by hand, and sends what it holds whatever the attributes say: the tests read those attributes themselves,
//! and an attacker's client would not honor them either.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use reqwest::header::{HOST, HeaderMap};
use serde_json::Value;

/// One browser. Clones share the cookie jar; [`Browser::stranger`] starts with an empty one.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    node: String,
    host: String,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Browser {
    /// A browser that talks to the node at `node` (`http://127.0.0.1:1234`) and names `host` in every request.
    pub(crate) fn new(node: &str, host: &str) -> Self {
        // The server's own client brings TLS into the build, and this one asks for a provider though it speaks plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_mins(1))
            .build()
            .unwrap();
        Self { http, node: node.to_owned(), host: host.to_owned(), jar: Arc::default() }
    }

    /// Another browser, with no cookies, at the same node.
    pub(crate) fn stranger(&self) -> Self {
        Self { jar: Arc::default(), ..self.clone() }
    }

    /// The value of a cookie the server has set, whatever prefix its name carries.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.get(name).or_else(|| jar.get(&format!("__Host-{name}"))).cloned()
    }

    /// Puts a cookie into the jar.
    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method, format!("{}{path}", self.node)).header(HOST, &self.host);
        Call { browser: self.clone(), request, what: path.to_owned() }
    }

    pub(crate) fn request(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn submit(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(path).send().await
    }

    /// POST of a JSON body.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.submit(path).json(&body).send().await
    }

    /// POST of a form, as a page of the server's own sends it.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form_call(path, fields).header("origin", format!("http://{}", self.host)).send().await
    }

    /// A form that does not say where it comes from.
    pub(crate) fn form_call(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.submit(path).raw("application/x-www-form-urlencoded", body)
    }

    /// GET with an access token.
    pub(crate) async fn get_as(&self, access: &str, path: &str) -> Answer {
        self.request(path).bearer(access).send().await
    }

    /// POST of a JSON body with an access token.
    pub(crate) async fn post_as(&self, access: &str, path: &str, body: Value) -> Answer {
        self.submit(path).bearer(access).json(&body).send().await
    }
}

/// A request being put together.
pub(crate) struct Call {
    browser: Browser,
    request: reqwest::RequestBuilder,
    what: String,
}

impl Call {
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// A body as it stands, with a content type.
    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    /// A body as it stands that claims to be JSON.
    pub(crate) fn raw_json(self, body: impl Into<reqwest::Body>) -> Self {
        self.raw("application/json", body)
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends the request and reads the whole answer.
    pub(crate) async fn send(self) -> Answer {
        let what = self.what.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("no answer from {what}: {error:?}"))
    }

    /// As [`Call::send`], for the tests in which the server may go away.
    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let mut request = self.request;
        {
            let jar = self.browser.jar.lock().unwrap();
            if !jar.is_empty() {
                let pairs: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request = request.header("cookie", pairs.join("; "));
            }
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await?.to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { what: self.what, status, headers, bytes, text, json };
        let mut jar = self.browser.jar.lock().unwrap();
        for cookie in answer.cookies() {
            if cookie.value.is_empty() || cookie.attribute("max-age") == Some("0") {
                jar.remove(&cookie.name);
            } else {
                jar.insert(cookie.name.clone(), cookie.value.clone());
            }
        }
        drop(jar);
        Ok(answer)
    }
}

/// What the server said.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) what: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answered {} {}", self.what, self.status, self.text)
    }
}

impl Answer {
    /// Insists on a status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {} {}", self.what, self.status, self.text);
        self
    }

    /// Insists on a refusal: this status, this `code`, and the shape every problem has.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status).expect_problem();
        assert_eq!(answer.json["code"], code, "{} answered {}", answer.what, answer.text);
        answer
    }

    /// Insists on the shape of RFC 9457 that every refusal has, the framework's own included.
    #[track_caller]
    pub(crate) fn expect_problem(self) -> Self {
        let kind = self.header("content-type").unwrap_or_default().to_owned();
        assert!(
            kind.starts_with("application/problem+json"),
            "{} answered {} as {kind:?}: {}",
            self.what,
            self.status,
            self.text
        );
        for member in ["code", "detail", "request_id"] {
            let text = self.json[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{}: no {member} in {}", self.what, self.text);
        }
        self
    }

    /// The refusal's `code`, or an empty string.
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The text at a JSON pointer; fails when there is none.
    #[track_caller]
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        self.json
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{}: no text at {pointer} in {}", self.what, self.text))
            .to_owned()
    }

    /// The whole number at a JSON pointer; fails when there is none.
    #[track_caller]
    pub(crate) fn number_at(&self, pointer: &str) -> i64 {
        self.json
            .pointer(pointer)
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("{}: no number at {pointer} in {}", self.what, self.text))
    }

    /// Insists on a redirect to this address.
    #[track_caller]
    pub(crate) fn leads_to(self, address: &str) -> Self {
        let answer = self.expect(303);
        assert_eq!(answer.header("location"), Some(address), "{}", answer.what);
        answer
    }

    /// Insists on a page with this sentence.
    #[track_caller]
    pub(crate) fn says(self, status: u16, sentence: &str) -> Self {
        let answer = self.expect(status);
        assert!(answer.header("content-type").unwrap_or_default().starts_with("text/html"), "{}", answer.what);
        let text = crate::chromium::without_tags(&answer.text);
        assert!(text.contains(sentence), "{}: no {sentence:?} in {text}", answer.what);
        answer
    }

    /// Every cookie of the answer.
    pub(crate) fn cookies(&self) -> Vec<SetCookie> {
        self.headers.get_all("set-cookie").iter().filter_map(|value| SetCookie::parse(value.to_str().ok()?)).collect()
    }

    /// Fails when the answer holds anything a session could be taken from.
    #[track_caller]
    pub(crate) fn holds_no_session(&self) {
        assert!(self.cookies().iter().all(|cookie| cookie.value.is_empty()), "{} set a cookie", self.what);
        for word in ["\"tokens\"", "\"access\"", "\"refresh\""] {
            assert!(!self.text.contains(word), "{} holds {word}: {}", self.what, self.text);
        }
    }
}

/// One `Set-Cookie`, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    attributes: Vec<(String, String)>,
}

impl SetCookie {
    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes = parts
            .map(|part| {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                (key.to_ascii_lowercase(), value.to_owned())
            })
            .collect();
        Some(Self { name: name.to_owned(), value: value.to_owned(), attributes })
    }

    /// An attribute's value (empty for a flag), or `None` when it is absent.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
