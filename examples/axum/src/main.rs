//! A small shop with a login of its own: a name and a password.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};
use twinlock_client::Twinlock;
use twinlock_client::axum::{Browser, SecondFactor, user_of};

#[derive(Clone)]
struct Shop {
    /// Of the only user: `ada`, whose id is 1.
    password: Arc<str>,
    second_factor: SecondFactor,
}

#[derive(Deserialize)]
struct LogIn {
    name: String,
    password: String,
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!("<!doctype html><html lang=\"en\"><title>{title}</title><h1>{title}</h1>{body}</html>"))
}

const FORM: &str = "<form method=\"post\" action=\"/log-in\">
<p><label>Name <input name=\"name\" autocomplete=\"username\" required></label></p>
<p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label></p>
<button>Log in</button></form>";

async fn home(session: Session) -> Response {
    match user_of(&session).await {
        Ok(Some(user)) if user == "1" => {
            page("Hello ada", "<form method=\"post\" action=\"/log-out\"><button>Log out</button></form>")
                .into_response()
        }
        Ok(_) => Redirect::to("/log-in").into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn log_in(State(shop): State<Shop>, browser: Browser, Form(typed): Form<LogIn>) -> Response {
    let known = PasswordHash::new(&shop.password).is_ok_and(|hash| {
        Argon2::default().verify_password(typed.password.as_bytes(), &hash).is_ok() && typed.name == "ada"
    });
    if !known {
        let again = format!("<p role=\"alert\">Name or password is wrong.</p>{FORM}");
        return (StatusCode::FORBIDDEN, page("Log in", &again)).into_response();
    }
    shop.second_factor.ask(browser, "1", "/").await
}

async fn log_out(session: Session) -> Response {
    match session.flush().await {
        Ok(()) => Redirect::to("/log-in").into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let told = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
    let (port, password) = (told("PORT")?.parse::<u16>()?, told("EXAMPLE_PASSWORD")?);
    let hashed = Argon2::default().hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let twinlock = Arc::new(Twinlock::new(&told("TWINLOCK_URL")?, &told("TWINLOCK_API_KEY")?)?);
    let second_factor = SecondFactor::new(twinlock, &format!("http://127.0.0.1:{port}/second-factor"));
    let app = Router::new()
        .route("/", get(home))
        .route("/log-in", get(async || page("Log in", FORM)).post(log_in))
        .route("/log-out", post(log_out))
        .merge(second_factor.router())
        .layer(SessionManagerLayer::new(MemoryStore::default()).with_secure(false))
        .with_state(Shop { password: hashed.to_string().into(), second_factor });
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("shop url=http://127.0.0.1:{port} name=ada password='{password}'");
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
