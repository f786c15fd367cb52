-- Photos that the expert took. Their bytes are files beside this database, named by their hash, and stay there until the
-- server has said that it has them, and a while longer: a server that was set back asks for them again.
create table blob (
  sha text not null constraint blob_pk primary key,
  size integer not null,
  state text not null,
  why text,
  made_at integer not null,
  done_at integer
) without rowid;
create index blob_waiting on blob (made_at) where state = 'waiting';
