-- What we tell people. One row for each intent and channel: `dedupe_key` names the intent, so a job that runs twice
-- tells it once. `matter` holds the facts by which it is judged again before it leaves. `why` says why it did not.
create table notice (
  id text not null constraint notice_pk primary key,
  dedupe_key text not null constraint notice_dedupe unique,
  kind text not null,
  matter text not null,
  audience text not null,
  person text not null,
  ticket text,
  channel text not null,
  to_address text not null,
  language text not null,
  subject text,
  body text not null,
  link text,
  state text not null,
  why text,
  created_at bigint not null,
  due_at bigint not null,
  ended_at bigint
);
create index notice_ticket on notice (ticket, id) where ticket is not null;
create index notice_call on notice (due_at, id) where channel = 'call' and state = 'queued';
create index notice_queued on notice (due_at) where state = 'queued';
create index notice_failed on notice (id) where state = 'failed';

-- One row for each attempt, written before it ('attempted') and completed after it. A row that stays 'attempted' is a
-- crash between the two: the next attempt asks the provider first. `at` and `ended_at` are of the real clock.
create table delivery (
  id text not null constraint delivery_pk primary key,
  notice text not null constraint delivery_notice references notice (id),
  n bigint not null,
  at bigint not null,
  outcome text not null,
  provider_ref text,
  error text,
  ended_at bigint,
  constraint delivery_n unique (notice, n)
);

-- What the sandbox was given to send.
create table captured_message (
  id text not null constraint captured_message_pk primary key,
  notice text not null constraint captured_once unique,
  channel text not null,
  to_address text not null,
  subject text,
  body text not null,
  link text,
  at bigint not null
);
