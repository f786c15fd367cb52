//! The web pages in a real browser: no page has a serious fault for people who cannot see, point or tell colours apart,
//! none scrolls sideways on a phone or weighs too much; and what a customer does most works with scripts and without.

mod answer;
mod axe;
mod journeys;
mod money;
mod routes;
mod scene;
mod walk;
