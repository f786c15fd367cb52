-- What everything else stands on. Two column types, text and bigint; PostgreSQL gets collate "C" on each text column
-- from the program. Instants are UTC milliseconds.

-- Facts about this database itself: `epoch` names its history.
create table server_meta (
  k text not null constraint server_meta_pk primary key,
  v text not null
);

-- One counter for each stream of changes, taken last in a transaction.
create table stream (
  id text not null constraint stream_pk primary key,
  seq bigint not null default 0,
  horizon bigint not null default 0
);

-- The last change of each entity in a stream; it moves to the tail at each change.
create table feed (
  stream text not null,
  kind text not null,
  id text not null,
  seq bigint not null,
  op text not null,
  since_seq bigint not null,
  changed_at bigint not null,
  constraint feed_pk primary key (stream, kind, id)
);
create unique index feed_seq on feed (stream, seq);
create index feed_tombstone on feed (changed_at) where op = 'del';

-- A ticket's history, append-only. `at` is the business clock, `recorded_at` the real one.
create table event (
  id text not null constraint event_pk primary key,
  ticket text not null,
  seq bigint not null,
  kind text not null,
  body text not null,
  actor text not null,
  at bigint not null,
  recorded_at bigint not null,
  constraint event_ticket_seq unique (ticket, seq)
);

-- Background work. `due_at` and `again_due_at` are the business clock; every other instant is the real one.
create table job (
  id text not null constraint job_pk primary key,
  kind text not null,
  lane text not null,
  subject text not null,
  key text not null,
  body text not null,
  state text not null,
  due_at bigint not null,
  retry_at bigint not null,
  attempts bigint not null default 0,
  again_due_at bigint,
  fence bigint not null default 0,
  lease_expires_at bigint,
  started_at bigint,
  last_error text,
  created_at bigint not null,
  dead_at bigint
);
create unique index job_live_key on job (key) where state <> 'dead';
create index job_ready on job (lane, due_at) where state = 'ready';
create index job_leased on job (lease_expires_at) where state = 'leased';
create index job_dead on job (dead_at) where state = 'dead';

-- The last period for which each periodic reconciler was enqueued, so that several servers do it once.
create table sweep (
  name text not null constraint sweep_pk primary key,
  period bigint not null
);
