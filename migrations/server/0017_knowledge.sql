-- What we know about troubles. `ver` is the version that experts and staff read, `public_ver` the reviewed one that
-- customers read; texts are in the versions. `place` is the number under which the search knows the article.
create table article (
  id text not null constraint article_pk primary key,
  place bigint not null constraint article_place unique,
  state text not null,
  ver bigint not null,
  public_ver bigint,
  category text,
  symptom text,
  author_role text not null,
  author text,
  author_name text not null,
  ticket text,
  reviewer_name text,
  review_note text,
  n_fixed bigint not null,
  n_tried bigint not null,
  created_at bigint not null,
  changed_at bigint not null
);
create index article_state on article (state, id);
create index article_ticket on article (ticket) where ticket is not null;
create table article_version (
  article text not null constraint article_version_article references article (id),
  ver bigint not null,
  title text not null,
  problem text not null,
  steps text not null,
  stop text,
  category text,
  symptom text,
  make text,
  model text,
  author_name text not null,
  made_at bigint not null,
  constraint article_version_pk primary key (article, ver)
);
-- "This fixed it", once for each ticket.
create table article_vote (
  article text not null constraint article_vote_article references article (id),
  ticket text not null,
  voter text not null,
  fixed bigint not null,
  at bigint not null,
  constraint article_vote_pk primary key (article, ticket)
);

-- The search, made from the texts by shared::search: for each audience (0 ours, 1 customers) the number of articles,
-- its words, likely misspellings of them, and what each word says about each article.
create table article_audience (
  audience bigint not null constraint article_audience_pk primary key,
  n_articles bigint not null
);
create table article_term (
  id bigint not null constraint article_term_pk primary key,
  audience bigint not null,
  stem text not null,
  n_articles bigint not null,
  constraint article_term_stem unique (audience, stem)
);
create table article_typo (
  typo text not null,
  term bigint not null,
  constraint article_typo_pk primary key (typo, term)
);
create table article_posting (
  term bigint not null,
  place bigint not null,
  says bigint not null,
  constraint article_posting_pk primary key (term, place)
);
create index article_posting_place on article_posting (place, term);

-- Words that mean the same; the highest version counts.
create table article_synonyms (
  ver bigint not null constraint article_synonyms_pk primary key,
  body text not null,
  made_at bigint not null
);
-- Searches that found nothing.
create table article_miss (
  words text not null constraint article_miss_pk primary key,
  n_ours bigint not null,
  n_customers bigint not null,
  last_at bigint not null
);
create index article_miss_last on article_miss (last_at);
create index ticket_solved on ticket (category, symptom, ended_at) where summary is not null;
