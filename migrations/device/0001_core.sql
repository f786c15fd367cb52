-- core.db of the expert app: small, precious, one file for each expert. The base and view tables can be fetched again;
-- `journal`, `draft` and `meta` cannot, so they only ever get additive changes. Instants are UTC milliseconds.

-- Facts about this file: device, incarnation, last number, cursor, epoch, sweep, lease.
create table meta (
  k text not null constraint meta_pk primary key,
  v text not null
) without rowid;

-- The server's tickets as they were sent. `epoch` says to which history `ver` belongs; `gen` marks what a full pass
-- of the stream has seen, so that its end can sweep the rest.
create table ticket_base (
  id text not null constraint ticket_base_pk primary key,
  ver integer not null,
  epoch text not null,
  gen integer not null,
  doc text not null
) without rowid;

-- Everything else of the expert's stream: the expert himself, and kinds that a later release will show.
create table other_base (
  kind text not null,
  id text not null,
  ver integer not null,
  epoch text not null,
  gen integer not null,
  doc text not null,
  constraint other_base_pk primary key (kind, id)
) without rowid;

-- What the expert sees: the fold of base and journal, rewritten in the transaction that changes either.
create table ticket_view (
  id text not null constraint ticket_view_pk primary key,
  doc text not null,
  status text not null,
  due integer,
  pending integer not null,
  doing text,
  given_back integer not null
) without rowid;

-- Tickets that went away while own work on them was unsent or its answer unread; also those that a restored server no
-- longer knows (`orphan`).
create table ticket_archive (
  id text not null constraint ticket_archive_pk primary key,
  why text,
  doc text not null,
  at integer not null,
  orphan integer not null
) without rowid;

-- Everything the expert did. The outbox is the rows without a code. `n` counts within the present incarnation; it is
-- null for what an earlier one sent.
create table journal (
  local integer primary key autoincrement,
  mid text not null constraint journal_mid unique,
  n integer constraint journal_n unique,
  v integer not null,
  kind text not null,
  ticket text,
  body text not null,
  created integer not null,
  code text,
  reason text,
  ver integer,
  epoch text,
  done_at integer,
  seen integer not null default 0
);
create index journal_pending on journal (n) where code is null;
create index journal_ticket on journal (ticket, local);

-- Text being typed, saved at each edit.
create table draft (
  k text not null constraint draft_pk primary key,
  text text not null,
  at integer not null
) without rowid;
