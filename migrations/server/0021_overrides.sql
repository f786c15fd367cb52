-- Offers that a person made against a rule, or while somebody might already be there: who, why, and what stood against it.
-- `body` is what stood against it; it holds ids and numbers, no names.
create table override_offer (
  offer text not null constraint override_offer_pk primary key,
  ticket text not null,
  expert text not null,
  staff text not null,
  made_at bigint not null,
  reason text not null,
  body text not null
);
create index override_offer_of_ticket on override_offer (ticket, made_at);
