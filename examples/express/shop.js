/** A small shop with a login of its own: a name and a password. */

import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

import express from "express";
import session from "express-session";
import { Twinlock } from "twinlock";
import { SecondFactor } from "twinlock/express";

const port = process.env.PORT ?? "8000";
const salt = randomBytes(16);
const hashed = (password) => scryptSync(password, salt, 32);
const users = { ada: { id: "1", name: "ada", password: hashed(process.env.EXAMPLE_PASSWORD) } };

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(session({ secret: randomBytes(32).toString("hex"), resave: false, saveUninitialized: false, cookie: { sameSite: "lax" } }));
const twinlock = new Twinlock({ url: process.env.TWINLOCK_URL, apiKey: process.env.TWINLOCK_API_KEY });
const secondFactor = new SecondFactor(twinlock, `http://127.0.0.1:${port}/second-factor`);
app.use(secondFactor.middleware);

const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`;
const form = `<form method="post" action="/log-in">
<p><label>Name <input name="name" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<button>Log in</button></form>`;

app.get("/", (req, res) => {
  const user = Object.values(users).find((user) => user.id === req.session.user);
  if (!user) return res.redirect("/log-in");
  res.send(page(`Hello ${user.name}`, '<form method="post" action="/log-out"><button>Log out</button></form>'));
});

app.get("/log-in", (req, res) => res.send(page("Log in", form)));

app.post("/log-in", async (req, res) => {
  const user = Object.hasOwn(users, req.body.name ?? "") ? users[req.body.name] : undefined;
  if (!timingSafeEqual(hashed(req.body.password ?? ""), user?.password ?? Buffer.alloc(32))) {
    return res.status(403).send(page("Log in", `<p role="alert">Name or password is wrong.</p>${form}`));
  }
  await secondFactor.ask(req, res, user.id);
});

app.post("/log-out", (req, res) => req.session.destroy(() => res.redirect("/log-in")));

app.listen(Number(port), "127.0.0.1", () => console.log(`shop url=http://127.0.0.1:${port} name=ada password='${process.env.EXAMPLE_PASSWORD}'`));
