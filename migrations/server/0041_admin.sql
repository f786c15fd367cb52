-- The audit by who did it.
create index audit_actor on audit (actor, id) where actor is not null;

-- A file that was looked at and waits for a word; `n_kept` says how many lines were kept of it.
create table import_draft (
  id text not null constraint import_draft_pk primary key,
  kind text not null,
  staff text not null,
  body text not null,
  n_kept bigint,
  created_at bigint not null
);
create index import_draft_created on import_draft (created_at);

-- What was told to an address.
create index notice_to on notice (to_address, id);
