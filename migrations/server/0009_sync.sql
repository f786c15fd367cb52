-- What phones sent. Each mutation once, by the id that its phone gave it; kept with its answer, so that a repeat gets
-- the same one. `n` and `inc` are those under which it first came. Instants are of the real clock.
create table mutation (
  mid text not null constraint mutation_pk primary key,
  expert text not null,
  device text not null,
  inc bigint not null,
  n bigint not null,
  kind text not null,
  v bigint not null,
  ticket text,
  body text not null,
  made_at bigint not null,
  received_at bigint not null,
  code text not null,
  reason text,
  ver bigint,
  late bigint not null
);
create index mutation_received on mutation (received_at);
create index mutation_recorded on mutation (ticket, received_at) where code = 'recorded';

-- Mutations that could not be used, whole, as they came.
create table dead_letter (
  id text not null constraint dead_letter_pk primary key,
  expert text not null,
  device text not null,
  inc bigint not null,
  n bigint not null,
  mid text not null,
  body text not null,
  why text not null,
  received_at bigint not null
);
create index dead_letter_received on dead_letter (received_at);

-- Outboxes that the server or the app could not process, as they came.
create table rescue (
  id text not null constraint rescue_pk primary key,
  expert text not null,
  device text,
  body text not null,
  received_at bigint not null
);
create index rescue_expert on rescue (expert, received_at);

create index ticket_stream on ticket (stream_of) where stream_of is not null;
