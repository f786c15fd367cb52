-- Why an expert was chosen for a ticket, and why every other one was not. `body` is the whole decision; it holds ids
-- and numbers, no names and no positions.
create table decision (
  id text not null constraint decision_pk primary key,
  batch text not null,
  ticket text not null,
  made_at bigint not null,
  weights_version bigint not null,
  winner text,
  body text not null,
  constraint decision_batch_ticket unique (batch, ticket)
);
create index decision_ticket on decision (ticket, made_at);
