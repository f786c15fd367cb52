//! Every list of the document goes in pages the same way: `cursor` and `limit` in, `next_cursor` out, every row once.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::http::client;
use tests::server::Server;

/// Rows that are walked over at most, of a list that grows.
const ROWS_MAX: usize = 600;
/// Lists that nothing of this world fills: they are asked, and are empty or short.
const LISTS_WITH_ROWS_MIN: usize = 20;

/// Somebody who asks.
struct As {
    url: String,
    token: String,
}

impl As {
    async fn of(server: &Server, role: &str) -> Self {
        let who = server.sign_in(role);
        let token = super::sign_in(server, &who.login, &who.password).await["token"].clone();
        Self { url: server.url().to_owned(), token: token.as_str().expect("a token").to_owned() }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let method = method.parse().expect("a method");
        let request = client().request(method, format!("{}/api/v1/{path}", self.url)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.expect("the server answers");
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, Some(body)).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    async fn rows(&self, path: &str) -> Vec<Value> {
        let (status, answer) = self.ask("GET", path, None).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer["items"].as_array().cloned().unwrap_or_else(|| panic!("{path} has no items: {answer}"))
    }

    async fn first(&self, path: &str) -> String {
        let rows = self.rows(path).await;
        rows.first().and_then(|row| row["id"].as_str()).unwrap_or_else(|| panic!("{path} is empty")).to_owned()
    }
}

/// What stands for a row: its id, or all of it where it has none.
fn key(row: &Value) -> String {
    row["id"].as_str().map_or_else(|| row.to_string(), str::to_owned)
}

fn with(path: &str, more: &str) -> String {
    format!("{path}{}{more}", if path.contains('?') { '&' } else { '?' })
}

/// Walks a list in pages; gives back the keys of its rows in order.
async fn walk(who: &As, path: &str, limit: usize) -> Result<Vec<String>, String> {
    let (mut keys, mut cursor) = (Vec::new(), None::<String>);
    while keys.len() < ROWS_MAX {
        let at = cursor.as_ref().map_or_else(String::new, |cursor| format!("&cursor={}", cursor.replace(' ', "%20")));
        let (status, page) = who.ask("GET", &with(path, &format!("limit={limit}{at}")), None).await;
        let Some(items) = page["items"].as_array().filter(|_| status == StatusCode::OK) else {
            return Err(format!("{path} at {cursor:?}: {status} {page}"));
        };
        if items.len() > limit {
            return Err(format!("{path}: {} rows where {limit} were asked for", items.len()));
        }
        keys.extend(items.iter().map(key));
        match &page["next_cursor"] {
            Value::String(next) if items.is_empty() => return Err(format!("{path}: an empty page leads on to {next}")),
            Value::String(next) => cursor = Some(next.clone()),
            Value::Null => break,
            other => return Err(format!("{path}: next_cursor is {other}")),
        }
    }
    Ok(keys)
}

/// Makes rows for lists that a new world has none of.
async fn fill(admin: &As, customer: &As, expert: &As, ids: &Ids) {
    for n in 1..=3 {
        let day = json!({ "on": format!("2027-07-0{n}"), "country": "US", "name": "A day off" });
        admin.done("PUT", "admin/holidays", &day).await;
        let grant = json!({ "plan": "home", "reason": "A gift" });
        admin.done("POST", &format!("admin/customers/{}/entitlements", ids.customer), &grant).await;
        let place = json!({ "address": { "line1": format!("{n} Main St"), "postal_code": "10025" } });
        customer.done("POST", "me/sites", &place).await;
        admin.done("POST", &format!("customers/{}/sites", ids.customer), &place).await;
        let colleague = json!({ "name": format!("Bo {n}"), "email": format!("bo{n}@example.com"), "role": "agent",
            "time_zone": "America/Chicago" });
        admin.done("POST", "admin/staff", &colleague).await;
        let device = json!({ "name": format!("Phone {n}"), "platform": "android" });
        expert.done("POST", "device", &device).await;
        expert.done("POST", "rescue", &json!({ "mutations": [n] })).await;
        admin.rows(&format!("knowledge?q=zzgibberish{n}")).await;
        let text = json!({ "title": format!("Version {n}"), "problem": "It blinks.", "steps": "Restart it." });
        admin.done("PUT", &format!("admin/articles/{}", ids.article), &json!({ "text": text })).await;
    }
    for row in admin.rows("admin/experts?limit=3").await {
        let path = format!("customers/{}/blocked-experts/{}", ids.customer, row["id"].as_str().expect("an id"));
        admin.done("PUT", &path, &json!({ "reason": "They asked for it" })).await;
    }
}

/// What stands in the addresses of lists.
struct Ids {
    customer: String,
    expert: String,
    ticket: String,
    article: String,
}

/// The address of a list, with what it must be asked with.
fn address(path: &str, role: &str, ids: &Ids) -> String {
    let path = path.trim_start_matches("/api/v1/");
    let id = match path.split("/{id}").next().unwrap_or_default() {
        "customers" | "admin/customers" => &ids.customer,
        "admin/experts" => &ids.expert,
        "admin/tickets" => &ids.ticket,
        "admin/articles" => &ids.article,
        _ => "",
    };
    let path = path.replace("{id}", id);
    match path.as_str() {
        "customers" => "customers?q=example.com".to_owned(),
        "desk/lost" => "desk/lost?what=rescue".to_owned(),
        "tickets" if role != "customer" => format!("tickets?customer={}", ids.customer),
        _ => path,
    }
}

#[tokio::test]
async fn every_list_goes_in_pages_and_gives_every_row_once() {
    let server = Server::demo(&["--past", "3"]).await;
    let (admin, customer, expert) =
        (As::of(&server, "admin").await, As::of(&server, "customer").await, As::of(&server, "expert").await);
    let own = customer.ask("GET", "me", None).await.1["person"].as_str().expect("an id").to_owned();
    let expert_id = expert.ask("GET", "me", None).await.1["person"].as_str().expect("an id").to_owned();
    let ids = Ids {
        customer: own,
        expert: expert_id,
        ticket: admin.first("admin/tickets?state=completed").await,
        article: admin.first("admin/articles").await,
    };
    fill(&admin, &customer, &expert, &ids).await;
    let document: Value = client()
        .get(format!("{}/api/v1/openapi.json", server.url()))
        .send()
        .await
        .expect("the server answers")
        .json()
        .await
        .expect("a document");
    let (mut wrong, mut n_lists, mut n_full) = (Vec::new(), 0, 0);
    for (path, at) in document["paths"].as_object().expect("paths") {
        let call = &at["get"];
        let answer = &call["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
        if answer["items"]["type"] != "array" || path.ends_with("/reports/wrong-expert") {
            continue; // No list, or a report of the whole table of needs.
        }
        n_lists += 1;
        let named: BTreeSet<&str> =
            call["parameters"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
        if !named.contains("cursor") || !named.contains("limit") || answer["next_cursor"].is_null() {
            wrong.push(format!("{path} is a list without cursor, limit or next_cursor"));
            continue;
        }
        let tags: BTreeSet<&str> = call["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (role, who) = match () {
            () if tags.contains("admin") || tags.contains("all") => ("admin", &admin),
            () if tags.contains("customer") => ("customer", &customer),
            () => ("expert", &expert),
        };
        let address = address(path, role, &ids);
        let whole = match walk(who, &address, 200).await {
            Ok(whole) => whole,
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        n_full += usize::from(whole.len() > 2);
        match walk(who, &address, (whole.len() / 7).max(1)).await {
            Err(why) => wrong.push(why),
            Ok(seen) => {
                let once: BTreeSet<&String> = seen.iter().collect();
                if once.len() != seen.len() {
                    wrong.push(format!("{address}: a row comes twice"));
                }
                // The world goes on meanwhile: what is new may be there too.
                let missing: Vec<_> = whole.iter().filter(|key| !once.contains(key)).take(3).collect();
                if !missing.is_empty() {
                    wrong.push(format!("{address}: pages leave out {missing:?}"));
                }
            }
        }
        for (asked, is_fine) in
            [("limit=0", true), ("limit=100000", true), ("limit=x", false), ("cursor=nonsense", false)]
        {
            let (status, answer) = who.ask("GET", &with(&address, asked), None).await;
            let refused = status == StatusCode::BAD_REQUEST || status == StatusCode::UNPROCESSABLE_ENTITY;
            if if is_fine { status != StatusCode::OK } else { !refused } {
                wrong.push(format!("{address} with {asked}: {status} {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(n_lists > 25 && n_full >= LISTS_WITH_ROWS_MIN, "{n_lists} lists, {n_full} of them with rows");
}
