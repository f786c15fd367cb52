//! What is known, on this phone: search at each key, the article, "this fixed it", and writing one from a ticket. All of it
//! works without a network.

use crate::ui::hooks::library::{Asked, Found, use_article, use_found, use_kb_status};
use crate::ui::hooks::{Screen, use_ui};
use crate::ui::kit::{Field, Head};
use crate::ui::say::{Say, Text as Words, Value};
use crate::ui::words;
use dioxus::prelude::*;
use shared::article::{Solved, Text};
use shared::document::TicketDoc;
use shared::ids::{ArticleId, TicketId};
use shared::intent::Intent;

/// Articles that are suggested beside a ticket.
const SUGGESTED_MAX: usize = 3;

/// The screen with the search.
#[component]
pub(super) fn KnowledgeScreen() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let mut typed = use_signal(String::new);
    let found = use_found(ui, move || Asked { text: typed(), ..Asked::default() });
    let kb = use_kb_status(ui);
    let status = kb.read().unwrap_or_default();
    let text = typed.read().trim().to_owned();
    let articles = found.read().clone();
    rsx! {
        main { class: "page",
            h1 { {say.t(Words::KbTitle)} }
            label { class: "field", span { {say.t(Words::KbSearch)} }
                input { r#type: "search", "data-testid": "kb-search", dir: "auto", autocomplete: "off",
                    initial_value: "", oninput: move |event| typed.set(event.value()) }
            }
            if status.is_evicted {
                p { class: "empty", role: "status", {say.t(Words::KbNoRoom)} }
            } else if !status.is_there {
                p { class: "empty", role: "status", {say.t(Words::KbFetching)} }
            } else if text.is_empty() {
                p { class: "quiet", "data-testid": "kb-count", {say.n(Words::KbCount, status.n_articles)} }
            } else if let Some(articles) = articles {
                if articles.is_empty() {
                    p { class: "empty", role: "status", {say.t(Words::KbNone)} }
                }
                ArticleList { articles, ticket: None }
            }
        }
    }
}

#[component]
fn ArticleList(articles: Vec<Found>, ticket: Option<TicketId>) -> Element {
    let ui = use_ui();
    let say = ui.say();
    rsx! {
        for article in articles {
            button { class: "choice", key: "{article.id}", "data-testid": "kb-article",
                onclick: { let id = article.id; move |_| ui.go(Screen::Article(id, ticket)) },
                strong { dir: "auto", "{article.text.title}" }
                span { "{said(say, &article)}" }
            }
        }
    }
}

/// What stands below an article's title.
fn said(say: Say, article: &Found) -> String {
    let mut said: Vec<String> = article.labels.clone();
    if !article.reviewed {
        said.push(say.with(Words::KbNotReviewed, &[("author", (&article.author).into())]));
    }
    if article.n_tried > 0 {
        let n = |n| Value::Number(i64::from(n));
        said.push(say.with(Words::KbFixedOf, &[("fixed", n(article.n_fixed)), ("tried", n(article.n_tried))]));
    }
    said.join(" · ")
}

/// An article, opened from a ticket or from the search.
#[component]
pub(super) fn ArticleScreen(id: ArticleId, ticket: Option<TicketId>) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let article = use_article(ui, id);
    let Some(found) = article.read().clone() else {
        return rsx! { main { class: "page", Head { title: say.t(Words::ArticleTitle) } } };
    };
    let Some(article) = found else {
        return rsx! {
            main { class: "page",
                Head { title: say.t(Words::ArticleTitle) }
                p { class: "box", role: "status", {say.t(Words::ArticleGone)} }
            }
        };
    };
    let steps: Vec<String> =
        article.text.steps.as_str().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    rsx! {
        main { class: "page",
            Head { title: say.t(Words::ArticleTitle) }
            p { class: "title large", dir: "auto", "data-testid": "kb-title", "{article.text.title}" }
            p { class: "quiet", dir: "auto", "{said(say, &article)}" }
            p { class: "prose", dir: "auto", "{article.text.problem}" }
            section { h2 { {say.t(Words::ArticleSteps)} }
                ol { for (place, step) in steps.into_iter().enumerate() { li { key: "{place}", dir: "auto", "{step}" } } }
            }
            if let Some(stop) = article.text.stop.as_ref() {
                section { class: "box", h2 { {say.t(Words::ArticleStop)} } p { class: "prose", dir: "auto", "{stop}" } }
            }
            if let Some(ticket) = ticket {
                section { h2 { id: "helped", {say.t(Words::ArticleHelped)} }
                    div { class: "thirds", role: "group", aria_labelledby: "helped",
                        button { class: "second", "data-testid": "kb-fixed", disabled: *ui.busy.read(),
                            onclick: move |_| ui.tap(Intent::ArticleHelped { article: id, fixed: true }, Some(ticket), 1), {say.t(Words::ArticleFixed)} }
                        button { class: "second", "data-testid": "kb-not-fixed", disabled: *ui.busy.read(),
                            onclick: move |_| ui.tap(Intent::ArticleHelped { article: id, fixed: false }, Some(ticket), 1), {say.t(Words::ArticleNotFixed)} }
                    }
                    p { class: "quiet small", {say.t(Words::ArticleCountsOnce)} }
                }
            }
        }
    }
}

/// Beside a ticket: what fits it, and how the last ones like it were solved.
#[component]
pub(super) fn Known(doc: TicketDoc) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let asked = Asked {
        text: [
            Some(doc.title.clone()),
            doc.product.symptom.clone(),
            doc.product.make.clone(),
            Some(doc.description.clone()),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" "),
        category: doc.product.category_slug.clone(),
        symptom: doc.product.symptom_slug.clone(),
        limit: SUGGESTED_MAX,
    };
    let found = use_found(ui, move || asked.clone());
    let articles: Vec<Found> = found.read().clone().unwrap_or_default().into_iter().take(SUGGESTED_MAX).collect();
    let id = doc.id;
    rsx! {
        section { "data-testid": "known", h2 { {say.t(Words::KnownTitle)} }
            if articles.is_empty() { p { class: "quiet", {say.t(Words::KnownNone)} } }
            ArticleList { articles, ticket: Some(id) }
            button { class: "plain", "data-testid": "kb-write", onclick: move |_| ui.go(Screen::Write(id)), {say.t(Words::KnownWrite)} }
        }
        LastOnes { solved: doc.solved }
    }
}

/// The last five like it, without anybody's data.
#[component]
fn LastOnes(solved: Vec<Solved>) -> Element {
    let say = use_ui().say();
    if solved.is_empty() {
        return rsx! {};
    }
    rsx! {
        section { "data-testid": "solved", h2 { {say.t(Words::SolvedTitle)} }
            ul {
                for (place, one) in solved.into_iter().enumerate() {
                    li { key: "{place}", dir: "auto",
                        if let Some(make) = one.make.as_ref() { strong { "{make} {one.model.clone().unwrap_or_default()}: " } }
                        "{one.summary}"
                    }
                }
            }
        }
    }
}

/// An article from a ticket: it opens with product, trouble and what was done.
#[component]
pub(super) fn WriteScreen(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let Some(view) = ui.snapshot.read().ticket(id).cloned() else {
        return rsx! { main { class: "page", Head { title: say.t(Words::WriteTitle) } p { class: "box", {say.t(Words::WriteGone)} } } };
    };
    let doc = view.doc;
    let keys = ["title", "problem", "steps"].map(|part| format!("article-{part}-{id}"));
    let kept = |at: usize, first: String| Some(ui.draft(&keys[at])).filter(|text| !text.is_empty()).unwrap_or(first);
    let done = doc.end.as_ref().and_then(|end| end.summary.clone()).unwrap_or_default();
    let (first_title, first_steps) = (kept(0, doc.title.clone()), kept(2, done));
    let first_problem = kept(1, doc.product.symptom.clone().unwrap_or_default());
    let mut title = use_signal(|| first_title.clone());
    let mut problem = use_signal(|| first_problem.clone());
    let mut steps = use_signal(|| first_steps.clone());
    let mut trouble = use_signal(|| None::<String>);
    let (category, symptom) = (doc.product.category_slug.clone(), doc.product.symptom_slug.clone());
    let all_keys = keys.to_vec();
    let keep = move |_| {
        let text = read(say, &title.peek(), &problem.peek(), &steps.peek());
        match text {
            Ok(text) => {
                ui.write_article(
                    id,
                    Text { category: category.clone(), symptom: symptom.clone(), ..text },
                    all_keys.clone(),
                );
            }
            Err(why) => trouble.set(Some(why)),
        }
    };
    let [title_key, problem_key, steps_key] = keys;
    use_hook(|| {
        ui.keep_draft(title_key.clone(), first_title);
        ui.keep_draft(problem_key.clone(), first_problem);
        ui.keep_draft(steps_key.clone(), first_steps);
    });
    rsx! {
        main { class: "page",
            Head { title: say.t(Words::WriteTitle) }
            p { class: "quiet", {say.t(Words::WriteHelp)} }
            Field { draft: title_key, label: say.t(Words::WriteLine), testid: "article-title", rows: 2, generation: 0, trouble: None,
                on_text: move |text| title.set(text) }
            Field { draft: problem_key, label: say.t(Words::WriteProblem), testid: "article-problem", rows: 3, generation: 0, trouble: None,
                on_text: move |text| problem.set(text) }
            Field { draft: steps_key, label: say.t(Words::WriteSteps), testid: "article-steps", rows: 6, generation: 0,
                trouble: trouble.read().clone(), on_text: move |text| { trouble.set(None); steps.set(text); } }
            button { class: "big", "data-testid": "article-keep", disabled: *ui.busy.read(), onclick: keep, {say.t(Words::WriteKeep)} }
        }
    }
}

/// What was typed as an article, or what to do first.
fn read(say: Say, title: &str, problem: &str, steps: &str) -> Result<Text, String> {
    let one_line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = |what: Words| {
        move |error: shared::text::BadText| {
            let (what, why) = (say.t(what), words::bad_text(say, &error));
            say.with(Words::QuotedError, &[("what", (&what).into()), ("why", (&why).into())])
        }
    };
    Ok(Text {
        title: one_line.parse().map_err(said(Words::WriteLine))?,
        problem: problem.parse().map_err(said(Words::WriteProblem))?,
        steps: steps.parse().map_err(said(Words::WriteStepsShort))?,
        stop: None,
        category: None,
        symptom: None,
        make: None,
        model: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_lacks_nothing_before_it_is_kept() {
        assert_eq!(
            read(Say::default(), " No\nsound ", "It is quiet.", "Turn it up.").unwrap().title.as_str(),
            "No sound"
        );
        assert_eq!(
            read(Say::default(), "No sound", "", "Turn it up.").unwrap_err(),
            "What somebody sees: please fill this in."
        );
    }
}
