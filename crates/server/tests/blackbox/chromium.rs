//! A real browser: headless Chromium, driven over its `DevTools` protocol.
//!
//! Commands go through the pipe that `--remote-debugging-pipe` listens on, so no port is open and nothing but the standard
//! library is needed. What a person would do is done as they would do it, by mouse and keyboard; so it works just as well on a
//! page whose scripts are switched off.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running browser.
pub(crate) struct Chromium {
    child: Child,
    stdin: Mutex<ChildStdin>,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    next: AtomicU64,
    profile: tempfile::TempDir,
}

/// What the browser has said so far.
#[derive(Default)]
struct Heard {
    answers: HashMap<u64, Value>,
    events: Vec<Value>,
    gone: bool,
}

/// How a tab is to look, and what it may.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
    /// Colors of the system's choosing, as people with poor sight have them.
    pub(crate) forced: bool,
    pub(crate) scripts: bool,
    pub(crate) language: &'static str,
}

impl View {
    pub(crate) const PHONE: Self =
        Self { width: 375, height: 740, dark: false, forced: false, scripts: true, language: "en" };
    pub(crate) const DESKTOP: Self = Self { width: 1200, height: 860, ..Self::PHONE };
}

impl Chromium {
    /// Starts one; `None` where there is none and that was said beforehand.
    pub(crate) fn start() -> Option<Arc<Self>> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let start = names.map(|name| format!("command -v {name}")).join(" || ");
        let found = Command::new("sh").args(["-c", &start]).stdout(Stdio::null()).status().unwrap();
        if !found.success() {
            #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
            let strict = std::env::var_os("CI").is_some();
            assert!(!strict, "CI is set and chromium is missing: apt-get install chromium");
            eprintln!("SKIPPED: chromium is missing, so no page was looked at in a browser");
            return None;
        }
        let profile = tempfile::Builder::new().prefix("twinlock-chromium-").tempdir().unwrap();
        // Its pipe is file descriptors 3 and 4; ours are its standard input and output.
        let script = format!("exec 3<&0 4>&1 0</dev/null 1>/dev/null; exec \"$({start})\" \"$@\"");
        let mut child = Command::new("sh")
            .args(["-c", &script, "chromium"])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--remote-debugging-pipe", "--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-default-apps", "--disable-extensions", "--hide-scrollbars"])
            .args(["--force-color-profile=srgb", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let heard: Arc<(Mutex<Heard>, Condvar)> = Arc::default();
        let ear = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(stdout);
            let mut message = Vec::new();
            while pipe.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let value: Value = serde_json::from_slice(&message).unwrap_or_default();
                message.clear();
                let mut heard = ear.0.lock().unwrap();
                match value["id"].as_u64() {
                    Some(id) => drop(heard.answers.insert(id, value)),
                    None => heard.events.push(value),
                }
                ear.1.notify_all();
            }
            ear.0.lock().unwrap().gone = true;
            ear.1.notify_all();
        });
        let next = AtomicU64::new(1);
        Some(Arc::new(Self { child, stdin: Mutex::new(stdin), heard, next, profile }))
    }

    /// Sends a command and waits for what comes back.
    #[expect(clippy::needless_pass_by_value, reason = "commands are written in place")]
    fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.stdin.lock().unwrap().write_all(&bytes).unwrap();
        let mut answer = self.wait(method, |heard| heard.answers.remove(&id));
        assert!(answer["error"].is_null(), "{method} {params}: {}", answer["error"]);
        answer["result"].take()
    }

    fn wait<T>(&self, what: &str, mut found: impl FnMut(&mut Heard) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut heard = self.heard.0.lock().unwrap();
        loop {
            if let Some(found) = found(&mut heard) {
                return found;
            }
            assert!(!heard.gone, "the browser went away while waiting for {what}");
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what}: nothing for {} s", PATIENCE.as_secs());
            heard = self.heard.1.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// A tab with cookies of its own.
    pub(crate) fn open(self: &Arc<Self>, view: View) -> Tab {
        let context = self.call(None, "Target.createBrowserContext", json!({}))["browserContextId"].take();
        let target = json!({ "url": "about:blank", "browserContextId": context });
        let target = self.call(None, "Target.createTarget", target)["targetId"].take();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = self.call(None, "Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        let downloads = self.profile.path().join(context.as_str().unwrap());
        std::fs::create_dir_all(&downloads).unwrap();
        let allow = json!({ "behavior": "allow", "browserContextId": context, "downloadPath": downloads });
        self.call(None, "Browser.setDownloadBehavior", allow);
        let tab = Tab { browser: Arc::clone(self), session, downloads };
        for domain in ["Page", "Network", "DOM", "Log", "Runtime", "Security"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab.look(view);
        tab
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One tab.
pub(crate) struct Tab {
    browser: Arc<Chromium>,
    session: String,
    downloads: std::path::PathBuf,
}

impl Tab {
    /// A command of the protocol for this tab.
    pub(crate) fn call(&self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// Changes how the tab looks.
    pub(crate) fn look(&self, view: View) {
        let View { width, height, dark, forced, scripts, language } = view;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if dark { "dark" } else { "light" };
        let (colors, contrast) = if forced { ("active", "more") } else { ("none", "no-preference") };
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "forced-colors", "value": colors },
            { "name": "prefers-contrast", "value": contrast },
        ] });
        self.call("Emulation.setEmulatedMedia", features);
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts }));
        self.call("Emulation.setTimezoneOverride", json!({ "timezoneId": "UTC" }));
        let agent = self.browser.call(None, "Browser.getVersion", json!({}))["userAgent"].take();
        self.call("Emulation.setUserAgentOverride", json!({ "userAgent": agent, "acceptLanguage": language }));
    }

    fn events(&self, method: &str) -> Vec<Value> {
        let heard = self.browser.heard.0.lock().unwrap();
        let ours = |event: &&Value| event["method"] == method && event["sessionId"] == self.session.as_str();
        heard.events.iter().filter(ours).map(|event| event["params"].clone()).collect()
    }

    fn loads(&self) -> usize {
        self.events("Page.loadEventFired").len()
    }

    /// Does something that leads to another page, and waits until that is there.
    fn until_loaded(&self, what: &str, act: impl FnOnce()) {
        let before = self.loads();
        act();
        let session = self.session.as_str();
        self.browser.wait(what, |heard| {
            let loaded = |event: &&Value| event["method"] == "Page.loadEventFired" && event["sessionId"] == session;
            (heard.events.iter().filter(loaded).count() > before).then_some(())
        });
        self.call("DOM.getDocument", json!({ "depth": 0 }));
    }

    /// Opens an address.
    pub(crate) fn go(&self, url: &str) {
        // One that differs in its fragment only would not be loaded.
        self.until_loaded("about:blank", || drop(self.call("Page.navigate", json!({ "url": "about:blank" }))));
        self.until_loaded(url, || {
            let came = self.call("Page.navigate", json!({ "url": url }));
            assert!(came["errorText"].is_null(), "{url}: {came}");
        });
    }

    /// Where the tab is.
    pub(crate) fn address(&self) -> String {
        let history = self.call("Page.getNavigationHistory", json!({}));
        let at = usize::try_from(history["currentIndex"].as_u64().unwrap()).unwrap();
        history["entries"][at]["url"].as_str().unwrap().to_owned()
    }

    /// The path of where it is.
    pub(crate) fn path(&self) -> String {
        url::Url::parse(&self.address()).unwrap().path().to_owned()
    }

    /// The page as it stands.
    pub(crate) fn html(&self) -> String {
        let root = self.call("DOM.getDocument", json!({ "depth": 0 }))["root"]["nodeId"].take();
        self.call("DOM.getOuterHTML", json!({ "nodeId": root }))["outerHTML"].as_str().unwrap().to_owned()
    }

    fn find(&self, selector: &str) -> Option<Value> {
        let root = self.call("DOM.getDocument", json!({ "depth": 0 }))["root"]["nodeId"].take();
        let found = self.call("DOM.querySelector", json!({ "nodeId": root, "selector": selector }))["nodeId"].take();
        (found != 0).then_some(found)
    }

    /// Whether there is such an element.
    pub(crate) fn has(&self, selector: &str) -> bool {
        self.find(selector).is_some()
    }

    fn node(&self, selector: &str) -> Value {
        self.find(selector).unwrap_or_else(|| panic!("no {selector} at {} in {}", self.address(), self.html()))
    }

    /// What an element says, without its tags.
    pub(crate) fn text(&self, selector: &str) -> String {
        let node = self.node(selector);
        let html = self.call("DOM.getOuterHTML", json!({ "nodeId": node }))["outerHTML"].as_str().unwrap().to_owned();
        without_tags(&html)
    }

    /// An attribute of an element.
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let attributes = self.call("DOM.getAttributes", json!({ "nodeId": self.node(selector) }));
        let attributes = attributes["attributes"].as_array().unwrap().clone();
        let mut pairs = attributes.chunks(2).filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// Types into a field, over what was there.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        self.call("DOM.focus", json!({ "nodeId": self.node(selector) }));
        self.key("a", 65, 2);
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses a key; `modifiers` is 2 for control, 8 for shift.
    pub(crate) fn key(&self, key: &str, code: u32, modifiers: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        let commands: &[&str] = if modifiers == 2 && key == "a" { &["selectAll"] } else { &[] };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers, "text": text,
                "commands": commands,
            });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    fn middle(&self, selector: &str) -> (f64, f64) {
        let node = self.node(selector);
        self.call("DOM.scrollIntoViewIfNeeded", json!({ "nodeId": node }));
        let quads = self.call("DOM.getContentQuads", json!({ "nodeId": node }));
        let quad: Vec<f64> = quads["quads"][0].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        let mean = |start: usize| quad.iter().skip(start).step_by(2).sum::<f64>() / 4.0;
        (mean(0), mean(1))
    }

    /// Clicks where nothing is loaded by it, such as a box to tick.
    pub(crate) fn tick(&self, selector: &str) {
        let (x, y) = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Clicks a link or button and waits for the page it leads to.
    pub(crate) fn click(&self, selector: &str) {
        self.until_loaded(selector, || self.tick(selector));
    }

    /// Clicks, and never gets to the address that it leads to; gives that address.
    pub(crate) fn kept_from(&self, pattern: &str, selector: &str) -> String {
        let before = self.events("Fetch.requestPaused").len();
        self.call("Fetch.enable", json!({ "patterns": [{ "urlPattern": pattern }] }));
        self.tick(selector);
        let session = self.session.as_str();
        let paused = self.browser.wait(pattern, |heard| {
            let ours = |event: &&Value| event["method"] == "Fetch.requestPaused" && event["sessionId"] == session;
            heard.events.iter().filter(ours).nth(before).map(|event| event["params"].clone())
        });
        let aborted = json!({ "requestId": paused["requestId"], "errorReason": "Aborted" });
        self.call("Fetch.failRequest", aborted);
        self.call("Fetch.disable", json!({}));
        paused["request"]["url"].as_str().unwrap().to_owned()
    }

    /// Presses a key that leads to another page.
    pub(crate) fn enter(&self) {
        self.until_loaded("Enter", || self.key("Enter", 13, 0));
    }

    /// The value of an expression; for what no person sees. Works while scripts of pages are switched off, too.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut came = self.call("Runtime.evaluate", params);
        assert!(came["exceptionDetails"].is_null(), "{expression}: {came}");
        came["result"]["value"].take()
    }

    /// A picture of the whole page, as PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].take();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.call("Page.captureScreenshot", params)["data"].take();
        data_encoding::BASE64.decode(picture.as_str().unwrap().as_bytes()).unwrap()
    }

    /// Clicks what is saved as a file, and reads it once it is there.
    pub(crate) fn save(&self, selector: &str, name: &str) -> Vec<u8> {
        let file = self.downloads.join(name);
        self.tick(selector);
        let end = Instant::now() + PATIENCE;
        // The name stands there, empty, before the bytes do.
        while !std::fs::metadata(&file).is_ok_and(|file| file.len() > 0) {
            assert!(Instant::now() < end, "{name} was not saved");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::read(file).unwrap()
    }

    /// Every address that was asked for, from the first page on.
    pub(crate) fn requests(&self) -> Vec<String> {
        let sent = self.events("Network.requestWillBeSent");
        sent.iter().filter_map(|event| Some(event["request"]["url"].as_str()?.to_owned())).collect()
    }

    /// How many windows pages opened with `alert` and its like.
    pub(crate) fn dialogs(&self) -> usize {
        self.events("Page.javascriptDialogOpening").len()
    }

    /// What pages complained about: refused styles and scripts, errors, missing files.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.events("Log.entryAdded");
        let thrown = self.events("Runtime.exceptionThrown");
        // "Verbose" is advice, such as a name beside every new password, which a page that a link opens cannot know.
        let entries = entries.iter().map(|event| &event["entry"]).filter(|entry| entry["level"] != "verbose");
        let entries = entries.map(|entry| format!("{}: {}", entry["text"], entry["url"]));
        entries.chain(thrown.iter().map(ToString::to_string)).collect()
    }
}

/// The text of some HTML, with one space where tags were.
pub(crate) fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if inside => {}
            _ => text.push(c),
        }
    }
    let text = text.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"").replace("&nbsp;", " ");
    // What keeps words and sentences together in a line is not what tests look for.
    let text = text.replace('\u{2011}', "-").replace(['\u{2066}', '\u{2068}', '\u{2069}'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
