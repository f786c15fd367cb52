-- How each request to the card provider ended, for people who look after the server. Kept for days; it names nobody.
create table card_call (
  id text not null constraint card_call_pk primary key,
  what text not null,
  outcome text not null,
  error text,
  at bigint not null
);
create index card_call_at on card_call (at);
